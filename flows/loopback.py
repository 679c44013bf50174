"""Prefect's server for this machine alone: ``uvicorn --factory flows.loopback:create_app``.

It asks for no password and runs what it is told to, so that no page of elsewhere, open in a browser here, may reach it:
not by a request or a WebSocket, nor by a name of its own that leads to this machine (DNS rebinding).
"""

from prefect.server.api import server
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from flows.serve import own_hosts

__all__ = ["OwnPages", "create_app"]


class OwnPages:
    """Refuses what is meant for another host, or comes from a page of another origin."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is this server's own, and answer 403 to all else."""
        own = scope["type"] == "lifespan" or _is_own(scope)
        await (self._app if own else PlainTextResponse("not of this machine", 403))(scope, receive, send)


def _is_own(scope: Scope) -> bool:
    headers, hosts = Headers(scope=scope), own_hosts(scope["server"][1])
    return headers.get("host") in hosts and headers.get("origin") in [None, *(f"http://{host}" for host in hosts)]


def create_app() -> ASGIApp:
    """The server, which answers its own pages and programs only."""
    return OwnPages(server.create_app(final=True))

"""What may be asked of a served version over HTTP.

``GET /samples?n=16&seed=7`` gives a picture, a text or JSON, ``GET /health`` whether it answers, ``GET /`` what can be
asked. A parameter that is wrong is answered by 400 and a line that says what is allowed.
"""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from components.evaluation import SEPARATOR
from components.params import UserError
from components.pictures import grid
from components.registry.packaged import kind_of
from components.serving.follower import Follower, Served, UnavailableError

__all__ = ["make_app"]

VERSION = "Menagerie-Version"
TYPES = {"png": "image/png", "text": "text/plain", "json": "application/json"}


class Desk:
    """Takes requests, and hands them one by one to the version.

    Args:
        follower: has the version.
        queue: requests that may wait; further ones are sent away with 503.
        every: seconds between two looks at the alias.
    """

    def __init__(self, follower: Follower, queue: int, every: float):
        self.follower, self.queue, self.every = follower, queue, every
        self.waiting = 0
        self.worker = ThreadPoolExecutor(1, "samples")

    async def follow(self) -> None:
        """Keep up with the alias for as long as the server runs."""
        while True:
            try:
                await asyncio.to_thread(self.follower.look)
            except Exception as error:  # the record may be away for a while: what is loaded goes on answering
                self.follower.note = f"the alias cannot be read: {error}"
            await asyncio.sleep(self.every)

    async def samples(self, request: Request) -> Response:
        """Samples, as the request wants them."""
        if (served := self.follower.served) is None:
            return _later(self.follower.note, self.every)
        try:
            asked = dict(request.query_params)
            form = _form(served, asked.pop("format", None), request.headers.get("accept", ""))
            params = served.packaged.read(asked)
        except UserError as error:
            return PlainTextResponse(f"{error}\n", 400)
        if self.waiting > self.queue:
            return _later(f"{self.queue} requests are waiting", 1)
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.worker, self._answer, form, params)
        finally:
            self.waiting -= 1

    async def health(self, _: Request) -> Response:
        """Which version answers; 503 where none does."""
        served, note = self.follower.served, self.follower.note
        told: dict[str, Any] = {"model": self.follower.name, "waiting": self.waiting} | ({"note": note} if note else {})
        if served is None or not served.drawer.alive:
            return JSONResponse(told, 503, {"Retry-After": f"{max(1, round(self.every))}"})
        return JSONResponse(told | {"version": served.number, "weights": served.packaged.weights})

    async def describe(self, _: Request) -> Response:
        """What can be asked."""
        if (served := self.follower.served) is None:
            return _later(self.follower.note, self.every)
        knobs = [
            f"    {name:<14} {kind_of(dtype)}, {default!r} where it is not given"
            for name, (dtype, default) in served.packaged.knobs.items()
        ]
        forms = f"    {'format':<14} {' or '.join(_forms(served))}; the header Accept where it is not given"
        lines = [f"{self.follower.name}, version {served.number}", "", "GET /samples?n=16&seed=7", *knobs, forms]
        return PlainTextResponse("\n".join([*lines, "GET /health", ""]))

    def _answer(self, form: str, params: dict[str, Any]) -> Response:
        try:
            served, drawn = self.follower.draw(**params)
        except UserError as error:
            return PlainTextResponse(f"{error}\n", 400)
        except UnavailableError as error:
            return _later(str(error), self.every)
        said = {"model": self.follower.name, "version": served.number, **params}
        return Response(_written(form, drawn, said), media_type=TYPES[form], headers={VERSION: str(served.number)})


def make_app(follower: Follower, queue: int, every: float) -> Starlette:
    """The application.

    Args:
        follower: has the version.
        queue: requests that may wait.
        every: seconds between two looks at the alias.
    """
    desk = Desk(follower, queue, every)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(desk.follow())
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        follower.close()

    routes = {"/": desk.describe, "/docs": desk.describe, "/health": desk.health, "/samples": desk.samples}
    return Starlette(routes=[Route(path, answer) for path, answer in routes.items()], lifespan=lifespan)


def _forms(served: Served) -> tuple[str, ...]:
    """What the samples of a version can be sent as, the usual form first."""
    return ("png", "json") if served.draws_images else ("text", "json")


def _form(served: Served, wish: str | None, accept: str) -> str:
    """The form that a request wants.

    Raises:
        UserError: the version cannot be sent in that form.
    """
    forms = _forms(served)
    if wish is None:
        return next((form for form in forms if TYPES[form] in accept), forms[0])
    if wish not in forms:
        raise UserError(f"format: {wish!r}; allowed: {' or '.join(forms)}")
    return wish


def _written(form: str, drawn: np.ndarray | list[str], said: Mapping[str, Any]) -> bytes:
    """Samples as the body of an answer; JSON repeats what was asked."""
    if form == "json":
        samples = drawn.tolist() if isinstance(drawn, np.ndarray) else drawn
        return json.dumps({**said, "samples": samples}).encode()
    if isinstance(drawn, list):
        return (SEPARATOR.join(drawn) + "\n").encode()
    body = io.BytesIO()
    grid(drawn, levels=256).save(body, format="PNG")
    return body.getvalue()


def _later(why: str, seconds: float) -> Response:
    return PlainTextResponse(f"{why}\n", 503, {"Retry-After": f"{max(1, round(seconds))}"})

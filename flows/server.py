"""Prefect's temporary server, for flows that no other is named for: ``python -m flows.server``.

A terminal's Ctrl-C, like any signal to a group of processes, reaches all of them at once. A server that ended with its
flow could not be told of that end, and the flow would try to tell it for minutes: it runs in a session of its own.
"""

import atexit
import os
import signal
import subprocess
import sys

from prefect.client.orchestration import get_client
from prefect.context import refresh_global_settings_context
from prefect.settings import PREFECT_API_URL

from components.params import UserError

__all__ = ["expect_server", "main"]


def expect_server() -> None:
    """See that flows of this process have a server; where none is named, a temporary one, which ends with the process.

    Raises:
        UserError: it does not start.
    """
    if PREFECT_API_URL.value():
        return
    keeper = subprocess.Popen(
        [sys.executable, "-m", "flows.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    atexit.register(keeper.wait)
    atexit.register(keeper.terminate)  # once Prefect has sent its last words
    assert keeper.stdout is not None
    address = keeper.stdout.readline().strip()
    if not address:
        raise UserError("Prefect's temporary server did not start; PREFECT_API_URL names another")
    os.environ |= {"PREFECT_API_URL": address, "PREFECT_UI_URL": ""}  # it has no pages
    refresh_global_settings_context()


def main() -> None:
    """Start the server and print its address; it ends once standard input is closed, as by the end of its reader."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    print(str(get_client(sync_client=True).api_url).rstrip("/"), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()

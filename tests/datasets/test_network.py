"""Whether the hosts of a download are looked for first."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from components.datasets.network import require_network
from components.params import UserError


def builder(host: str) -> SimpleNamespace:
    infos = {f"{host}/{name}": SimpleNamespace(filename=name) for name in ("a.gz", "b.gz")}
    return SimpleNamespace(name="thing", url_infos=infos)


def test_a_host_that_does_not_answer_is_said_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(UserError) as caught:
        require_network(builder("http://127.0.0.1:9"), [tmp_path / "absent", tmp_path])
    assert time.monotonic() - began < 6
    assert caught.value.lines == (
        "thing: 127.0.0.1:9 cannot be reached; connect to a network,"
        " or put into $MENAGERIE_MANUAL_DIR/thing: a.gz, b.gz",
    )


def test_files_that_are_there_need_no_network(tmp_path: Path) -> None:
    (tmp_path / "a.gz").touch()
    with pytest.raises(UserError, match=r"/thing: b\.gz$"):
        require_network(builder("http://127.0.0.1:9"), [tmp_path])
    (tmp_path / "cached.INFO").write_text(json.dumps({"urls": ["http://127.0.0.1:9/b.gz"]}))
    require_network(builder("http://127.0.0.1:9"), [tmp_path])
    require_network(SimpleNamespace(name="own", url_infos=None), [])


def test_any_answer_is_a_network() -> None:
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)  # answers 501
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    require_network(builder(f"http://127.0.0.1:{server.server_port}"), [])
    thread.join()
    server.server_close()

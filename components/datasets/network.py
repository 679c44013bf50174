"""Whether what TFDS wants to download can be reached: asked first, because TFDS itself tries for minutes."""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from components.params import UserError

if TYPE_CHECKING:
    import tensorflow_datasets as tfds

__all__ = ["require_network"]

SECONDS = 5.0
HOSTS = 8


def require_network(builder: "tfds.core.DatasetBuilder", folders: Iterable[Path]) -> None:
    """Make sure that the files which a builder registers are in one of the folders, or that a host of theirs answers.

    Raises:
        UserError: some are missing, and none of their hosts answers.
    """
    present = set[str]()
    for folder in folders:
        present |= {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        present |= {url for path in folder.rglob("*.INFO") for url in json.loads(path.read_text("utf-8"))["urls"]}
    missing = {
        url: info.filename
        for url, info in (builder.url_infos or {}).items()
        if url.startswith("http") and url not in present and info.filename not in present
    }
    hosts = sorted({f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in missing})[:HOSTS]
    if hosts and not _any_answers(hosts):
        files = sorted(filter(None, missing.values()))
        names = ", ".join(files[:4]) + (f" and {len(files) - 4} more" if len(files) > 4 else "")
        addresses = ", ".join(urlsplit(host).netloc for host in hosts)
        raise UserError(
            f"{builder.name}: {addresses} cannot be reached; connect to a network,"
            f" or put into $MENAGERIE_MANUAL_DIR/{builder.name}: {names}"
        )


def _any_answers(hosts: list[str]) -> bool:
    answers: list[bool] = []
    threads = [Thread(target=lambda host=host: answers.append(_answers(host)), daemon=True) for host in hosts]
    deadline = time.monotonic() + SECONDS
    for thread in threads:
        thread.start()
    while not any(answers) and len(answers) < len(hosts) and time.monotonic() < deadline:
        time.sleep(0.05)
    return any(answers)


def _answers(host: str) -> bool:
    """Whether a host answers at all, as TFDS would ask it: through the proxies of the environment."""
    import requests

    try:
        requests.head(host, timeout=SECONDS, allow_redirects=False)
    except requests.RequestException:
        return False
    return True

"""How a model server bears a load: answers a second, how long they take, and how many are none.

    python -m components.serve vae &
    python -m benchmarks.serving http://127.0.0.1:5001 --clients 1 8 64 --n 1 16 --format png

So many clients, each with a connection of its own, ask one request after the other for so many seconds, each request by
another seed. A request that is sent away because too many are waiting (503) is asked again after as long as the answer
says, and counts as sent away, not as an answer; anything else than 200 or 503 is an error. Times are those of answers,
from the first byte sent to the last one read.
"""

import argparse
import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count, product
from urllib.parse import urlsplit

import numpy as np

__all__ = ["Load", "load", "main"]


@dataclass
class Load:
    """What came of a load.

    Args:
        seconds: how long it lasted.
        times: seconds that each answer took.
        counts: requests by status; 0 where there was no answer.
        size: bytes of an answer.
    """

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    counts: Counter[int] = field(default_factory=Counter)
    size: int = 0

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of the answers came, in percent."""
        return float(np.percentile(self.times, share)) * 1000 if self.times else float("nan")


def main() -> None:
    """Load a server and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__.splitlines()[0])
    parser.add_argument("address", help="of a model server")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64], help="that ask at once")
    parser.add_argument("--n", type=int, nargs="+", default=[1, 16], help="samples a request")
    parser.add_argument("--format", nargs="+", default=["png"], help="png, text or json")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each load")
    options = parser.parse_args()
    head = ("clients", "n", "format", "answers", "answers/s", "samples/s", "p50 ms", "p99 ms", "kB", "503", "errors")
    print("| " + " | ".join(head) + " |")
    print("|" + "---:|" * len(head))
    for form, n, clients in product(options.format, options.n, options.clients):
        found = load(options.address, clients, n, form, options.seconds)
        rate = len(found.times) / found.seconds
        cells = (
            f"{clients}",
            f"{n}",
            form,
            f"{len(found.times):,}",
            f"{rate:,.0f}",
            f"{rate * n:,.0f}",
            f"{found.percentile(50):.1f}",
            f"{found.percentile(99):.1f}",
            f"{found.size / 1000:.1f}",
            f"{found.counts[503]:,}",
            f"{sum(found.counts.values()) - found.counts[200] - found.counts[503]:,}",
        )
        print("| " + " | ".join(cells) + " |", flush=True)


def load(address: str, clients: int, n: int, form: str, seconds: float) -> Load:
    """Ask for a while, after a request that is not counted.

    Args:
        address: of the server.
        clients: that ask at once.
        n: samples a request.
        form: of the answer.
        seconds: how long to ask.
    """
    found, seeds, mutex = Load(), count(), threading.Lock()
    _ask(http.client.HTTPConnection(urlsplit(address).netloc, timeout=60), n, form, next(seeds))
    start = time.perf_counter()

    def client() -> None:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        while time.perf_counter() - start < seconds:
            began = time.perf_counter()
            status, size, pause = _ask(connection, n, form, next(seeds))
            took = time.perf_counter() - began
            with mutex:
                found.counts[status] += 1
                if status == 200:
                    found.times.append(took)
                    found.size = size
            time.sleep(pause)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.seconds = time.perf_counter() - start
    return found


def _ask(connection: http.client.HTTPConnection, n: int, form: str, seed: int) -> tuple[int, int, float]:
    """Status, bytes, and how long to wait before asking again."""
    try:
        connection.request("GET", f"/samples?n={n}&seed={seed}&format={form}")
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0, 0, 0.1
    return answer.status, len(body), float(answer.headers.get("Retry-After", 0))


if __name__ == "__main__":
    main()

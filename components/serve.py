"""A champion as a server: ``python -m components.serve NAME [--port 5001] [--version VERSION]``.

It answers ``/samples`` by a picture, a text or JSON, and follows the alias: a new champion takes over once it has been
loaded and has answered. Each version runs in a process of its own with the code that it carries.
"""

import argparse

from components.params import run_step

__all__ = ["main"]

HOST = "127.0.0.1"


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m components.serve", description="Serve samples of a champion.")
    parser.add_argument("name", metavar="NAME", help="a registered model")
    parser.add_argument("--port", type=int, default=5001, help="on this machine's loopback (default 5001)")
    parser.add_argument("--version", default="champion", metavar="VERSION", help="number or alias (default: champion)")
    parser.add_argument("--queue", type=int, default=32, metavar="N", help="requests that may wait (default 32)")
    parser.add_argument("--every", type=float, default=5.0, metavar="SECONDS", help="between looks at the alias")
    options = parser.parse_args()

    import uvicorn

    from components.registry.champions import find_version
    from components.serving.app import make_app
    from components.serving.follower import Follower

    find_version(options.name, options.version)
    print(f"{options.name}: http://{HOST}:{options.port}/ once it is loaded", flush=True)
    app = make_app(Follower(options.name, options.version), options.queue, options.every)
    uvicorn.run(app, host=HOST, port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    run_step(main)

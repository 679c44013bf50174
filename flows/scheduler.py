"""The scheduler of a cluster: ``python -m flows.scheduler [--host HOST] [--port PORT] [--protocol tls]``.

It is Dask's own, which must be able to import what it hands on, and so is started in a checkout as workers are.
"""

import argparse

from components.params import UserError, run_step

__all__ = ["main"]


def main() -> None:
    """Serve until a signal ends that."""
    parser = argparse.ArgumentParser(prog="python -m flows.scheduler", description="Hand stages to workers.")
    parser.add_argument("--host", default="127.0.0.1", help="address at which flows and workers reach it")
    parser.add_argument("--port", default="8786")
    parser.add_argument(
        "--protocol", choices=["tcp", "tls"], default="tcp", help="tls with certificates in Dask's settings"
    )
    options = parser.parse_args()
    try:
        from distributed.cli.dask_scheduler import main as dask_scheduler
    except ImportError:
        raise UserError("flows.scheduler: Dask is not installed; it comes with the extra `cluster`") from None

    command = ["--host", options.host, "--port", options.port, "--protocol", options.protocol]
    command += ["--no-dashboard", "--dashboard-address", f"{options.host}:0"]  # without pages it still answers there
    dask_scheduler.main(args=command, standalone_mode=False)


if __name__ == "__main__":
    run_step(main)

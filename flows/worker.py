"""A machine that runs stages for others: ``python -m flows.worker ADDRESS --folder FOLDER [--resources GPU=1]``.

It is a Dask worker with one thread, and so with one stage at a time. All that it needs lies in its folder. Whatever it
was doing when it was killed ends with it: the stage is another worker's then, and its checkpoints may be too.
"""

import argparse
import os
from pathlib import Path

from components.params import UserError, run_step
from flows.job import end_marked
from flows.slots import gpus

__all__ = ["main"]

CLONE = Path("repository")


def main() -> None:
    """Work for a scheduler until it or a signal ends that."""
    parser = argparse.ArgumentParser(prog="python -m flows.worker", description="Run stages for a Dask scheduler.")
    parser.add_argument("address", help="of the scheduler: tcp://HOST:8786, or tls://HOST:8786")
    parser.add_argument("--folder", type=Path, required=True, help="where its clone and its cache lie")
    offered = f"GPU={gpus()}" if gpus() else ""
    parser.add_argument("--resources", default=offered, metavar="NAME=N,…", help="what it offers; GPUs that it sees")
    parser.add_argument("--host", default="127.0.0.1", help="own address at which others of the cluster reach it")
    options = parser.parse_args()
    try:
        from distributed.cli.dask_worker import main as dask_worker
    except ImportError:
        raise UserError("flows.worker: Dask is not installed; it comes with the extra `cluster`") from None

    options.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(options.folder)
    clone = CLONE.resolve()
    _leave_nothing(clone)
    command = [options.address, "--host", options.host, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    command += ["--dashboard-address", f"{options.host}:0"]  # without pages it still answers there
    command += ["--memory-limit", "0", "--local-directory", "dask", "--resources", options.resources]
    try:
        dask_worker.main(args=command, standalone_mode=False)
    finally:
        end_marked(clone)


def _leave_nothing(clone: Path) -> None:
    """Have what was started in ``clone`` ended once this process is gone, however it went."""
    ours, theirs = os.pipe()
    if os.fork():
        os.close(ours)
        return
    os.setsid()  # not to be ended with the worker by a terminal
    os.close(theirs)
    os.read(ours, 1)  # nobody writes: this waits for the worker's end to be closed
    end_marked(clone)
    os._exit(0)


if __name__ == "__main__":
    run_step(main)

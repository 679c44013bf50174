"""GPU slots: of a concurrency limit of Prefect's, taken by stages that ask for a GPU where one is visible."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectNotFound

from components.params import UserError

__all__ = ["LIMIT", "expect_limit", "gpus", "slots"]

LIMIT = "gpu"


@cache
def gpus() -> int:
    """GPUs that a process started from here would see: as the driver's own tool counts them, without a framework."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        return 0
    try:
        answer = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return answer.stdout.count("GPU ") if answer.returncode == 0 else 0


def expect_limit() -> None:
    """See that the server knows the limit, without which nothing would keep two trainings off one GPU.

    Raises:
        UserError: it does not.
    """
    with get_client(sync_client=True) as client:
        try:
            client.read_global_concurrency_limit_by_name(LIMIT)
        except ObjectNotFound:
            raise UserError(
                f"Prefect's server has no concurrency limit {LIMIT!r}, and there is a GPU to share: "
                f"`prefect gcl create {LIMIT} --limit 1` makes it"
            ) from None


@contextmanager
def slots(needs: Mapping[str, float]) -> Iterator[None]:
    """Hold as many slots as ``needs["GPU"]`` says for as long as the block lasts; none where no GPU is visible."""
    wanted = int(needs.get("GPU", 0))
    if not wanted or not gpus():
        yield
        return
    # a training is not ended for a server that was away for a while
    with concurrency(LIMIT, occupy=wanted, strict=True, raise_on_lease_renewal_failure=False):
        yield

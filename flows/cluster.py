"""Stages on the machines of a Dask cluster, by Prefect's own task runner for Dask.

Dask decides which machine runs a stage, gives the stage of a lost one to another, and tells a machine when nobody waits
for its stage any more. All the rest is between each machine and the DVC remote: see ``flows/job.py``.
"""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dask
import distributed
from prefect import get_client, task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import ObjectNotFound
from prefect.futures import PrefectConcurrentFuture, PrefectFuture
from prefect.logging import get_run_logger
from prefect.settings import PREFECT_API_URL
from prefect.states import Cancelled, Crashed, Failed, State
from prefect_dask import DaskTaskRunner
from prefect_dask.task_runners import PrefectDaskFuture

from components.files import atomic_file
from components.params import UserError
from components.registry.tracking import tracking_uri
from flows.graph import walk
from flows.job import READ, Done, Job, TransferError, Workplace, read_files
from flows.lockfile import LockGuard
from flows.plan import Plan
from flows.source import Source, expect_no_credentials, find_source
from flows.stages import Outcome, StageRunner
from flows.states import state_of, was_interrupted
from flows.worker import CLONE

__all__ = ["expect_enough", "run_on_cluster"]

PATIENCE = "10s"
"""Time that a scheduler has to answer."""

WATCH_SECONDS = 1.0


@task(name="stage", task_run_name="{stage}", cache_policy=NO_CACHE, retry_condition_fn=was_interrupted)
def run_job(stage: str, job: Job) -> State:
    """Do a job on the worker that Dask chose; the stage's output goes to the log as it is printed.

    Returns:
        The state of its outcome; where that is good, it carries a ``Done``.
    """
    logger = get_run_logger()
    logger.info("on %s", distributed.get_worker().address)
    workplace = Workplace(CLONE.resolve(), job.environment)
    with _while_wanted(workplace.runner):
        try:
            outcome, done = workplace.do(job, logger.info)
        except TransferError as error:
            logger.error(error)
            outcome, done = Outcome(code=1, may_pass=True), None
    return state_of(outcome, stage, job.timeout, done)


@contextmanager
def _while_wanted(runner: StageRunner) -> Iterator[None]:
    """End the block's stage once Dask does not want it of this worker any more: its flow has ended, or is gone."""
    worker = distributed.get_worker()
    key = worker.get_current_task()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(WATCH_SECONDS):
            known = worker.state.tasks.get(key)
            if known is None or known.state == "cancelled":
                return runner.stop()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def run_on_cluster(address: str, plan: Plan) -> dict[str, State]:
    """Bring all stages of a plan up to date on a cluster, and get what they made.

    Args:
        address: of the scheduler, such as ``tcp://127.0.0.1:8786``.
        plan: what to do. Where it does not say how many stages at once, all that are ready are sent off.

    Returns:
        The last state of each stage.

    Raises:
        UserError: this checkout is at no clean commit, or says no place where others get code and data; the record or
            Prefect's server is of this machine alone; a URL holds credentials; no scheduler answers; a stage asks for
            more than any worker offers.
    """
    source = find_source()
    if tracking_uri().startswith("sqlite"):
        raise UserError(f"MLFLOW_TRACKING_URI: {tracking_uri()} is of this machine; a cluster's stages need a server")
    expect_no_credentials(
        "MLFLOW_TRACKING_URI", tracking_uri(), "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
    )
    server = PREFECT_API_URL.value()
    if not server or (_is_here(server) and not _is_here(address)):
        raise UserError(f"PREFECT_API_URL: {server or 'not set'}; a cluster's stages need one that all machines reach")
    with DaskTaskRunner(address=address, client_kwargs={"timeout": PATIENCE}) as runner:  # its end ends their stages
        cluster = Cluster(runner, plan, source, LockGuard(), get_run_logger())
        cluster.expect_workers(address)
        futures = walk(plan.graph, plan.parallel or len(plan.graph), cluster.submit)
    for future in futures.values():
        future.wait()
    states = {stage: future.state for stage, future in futures.items()}
    if done := [stage for stage, state in states.items() if state.is_completed()]:
        _collect(done)
    return states


def _is_here(address: str) -> bool:
    return urlsplit(address).hostname in ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Cluster:
    """Where the stages of a run go.

    Args:
        runner: submits to Dask.
        plan: what to do.
        source: what it is made from.
        guard: watches over ``dvc.lock``, which the stages' entries are merged into.
        log: of the flow.
    """

    runner: DaskTaskRunner
    plan: Plan
    source: Source
    guard: LockGuard
    log: logging.Logger | logging.LoggerAdapter[logging.Logger]

    def expect_workers(self, address: str) -> None:
        """Wait for the first worker, and see that there is one for each stage."""
        try:
            client = self.runner.client
        except (OSError, ValueError) as error:
            raise UserError(f"--cluster: no scheduler answers at {address} ({error})") from None
        if not client.scheduler_info(n_workers=-1)["workers"]:
            self.log.info("waiting for a worker to join %s", address)
            client.wait_for_workers(1)
        expect_enough(self.plan.needs, self._offers())

    def submit(self, stage: str, before: list[PrefectFuture[Any]]) -> PrefectFuture[Any]:
        """Send a stage off; its future is done once what the stage gave back lies here."""
        for future in before:
            future.wait()
        job = Job(
            stage=stage,
            before=self.plan.graph[stage],
            source=self.source,
            lock=self.guard.path.read_text("utf-8") if self.guard.path.exists() else "",
            unpinned=read_files(READ),
            environment={"MLFLOW_TRACKING_URI": tracking_uri(), **self.plan.environment},
            timeout=self.plan.timeout,
            force=self.plan.force,
        )
        send: Any = self.runner.submit
        with dask.annotate(resources=_asked(self.plan.needs[stage], self._offers())):
            remote = send(
                run_job.with_options(**self.plan.retries),
                {"stage": stage, "job": job},
                wait_for=[future.state for future in before],
            )
        here: Future[State] = Future()
        remote.add_done_callback(lambda _: here.set_result(self._receive(stage, remote)))
        return PrefectConcurrentFuture(remote.task_run_id, here)

    def _offers(self) -> list[dict[str, float]]:
        """The resources of each worker."""
        workers = self.runner.client.scheduler_info(n_workers=-1)["workers"]
        return [worker["resources"] for worker in workers.values()]

    def _receive(self, stage: str, remote: PrefectDaskFuture[Any]) -> State:
        """Take a stage's result over. Dask forgets it then: else it would run the stage again if its worker died."""
        try:
            state = _final(remote)
            remote.wrapped_future.release()
            if state.is_completed():
                done: Done = state.result()
                for path, data in done.unpinned.items():
                    with atomic_file(Path(path)) as draft:
                        draft.write_bytes(data)
                self.guard.merge(stage, done.entry)
        except Exception as error:
            state = Failed(message=f"what came back was not taken over: {error!r}")
        self.log.log(logging.INFO if state.is_completed() else logging.ERROR, "%s: %s", stage, state)
        return state


def expect_enough(needs: Mapping[str, Mapping[str, float]], offers: Sequence[Mapping[str, float]]) -> None:
    """See that for each stage there is a worker with all that it asks for.

    Args:
        needs: what each stage asks for, such as ``{"train@vae": {"GPU": 1}}``.
        offers: what each worker has.

    Raises:
        UserError: no worker has as much.
    """
    for stage, wanted in needs.items():
        asked = _asked(wanted, offers)
        if not any(all(offer.get(name, 0) >= amount for name, amount in asked.items()) for offer in offers):
            offered = " or ".join(sorted({*map(_listed, offers)} - {""}))
            raise UserError(f"dvc.yaml: {stage}: asks for {_listed(asked)}; workers offer {offered}")


def _asked(wanted: Mapping[str, float], offers: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """What is asked of workers: what nobody offers is asked of nobody."""
    return {name: amount for name, amount in wanted.items() if any(name in offer for offer in offers)}


def _listed(resources: Mapping[str, float]) -> str:
    return ",".join(f"{name}={amount:g}" for name, amount in resources.items())


def _final(remote: PrefectDaskFuture[Any]) -> State:
    """The last state of a stage; where no worker lived to tell it, the server is told that it crashed."""
    remote.wait()
    dask_future = remote.wrapped_future
    if dask_future.status == "finished":
        return remote.state
    if dask_future.status == "cancelled":
        return Cancelled(message="ended with the flow")
    state: State = Crashed(message=f"no worker could run it: {dask_future.exception()!r}")
    with suppress(ObjectNotFound), get_client(sync_client=True) as client:
        client.set_task_run_state(remote.task_run_id, state, force=True)
    return state


def _collect(stages: list[str]) -> None:
    """Get what stages made, as if they had run here."""
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", "pull", "--force", *stages]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        get_run_logger().warning("what the stages made is at the remote, and did not all come here:\n%s", answer.stderr)

"""The deployment step: ``python -m flows.deploy [--repository URL] [--commit HASH] [--gpus N]``.

Makes, or brings up to date, what Prefect's server (``PREFECT_API_URL``) needs to run this: the work pool, the limit of
GPU slots, the deployments of ``prefect.yaml`` and the automations of ``automations.yaml``.
"""

import argparse
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from httpx import HTTPError
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, WorkPoolCreate
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.settings import PREFECT_API_URL
from prefect.workers.process import ProcessWorker
from ruamel.yaml import YAML

from components.params import UserError, run_step
from flows.command import positive
from flows.slots import LIMIT
from flows.source import expect_no_credentials

__all__ = ["POOL", "deploy"]

POOL = "menagerie"
ROOT = Path(__file__).resolve().parents[1]


def deploy(repository: str | None = None, commit: str | None = None, slots: int | None = None) -> None:
    """Bring the server up to date.

    Args:
        repository: git's URL of the code; this checkout where not given.
        commit: which commit of it runs; the checkout's where not given. What is not committed never runs.
        slots: trainings that may hold a GPU at once; where not given, a limit that is there stays as it is, and a new
            one is 1, for a training takes all GPUs that it sees.

    Raises:
        UserError: the URL holds credentials, there is no commit, the server does not answer or refuses, or Prefect does
            not take a deployment.
    """
    expect_no_credentials("--repository", repository or "", "a credential helper of git's")
    repository, commit = repository or str(ROOT), commit or _head()
    try:
        with get_client(sync_client=True) as client:
            _make_pool(client)
            _limit(client, slots)
            _run_deploy({"MENAGERIE_REPOSITORY": repository, "MENAGERIE_COMMIT": commit})
            _automate(client)
    except HTTPError as error:
        reason = str(error).partition(" for url ")[0]
        raise UserError(f"PREFECT_API_URL: {PREFECT_API_URL.value()}: {reason}") from None
    print(f"deployed: commit {commit[:12]} of {repository}")


def _head() -> str:
    answer = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise UserError(f"{ROOT}: not a git repository with a commit; scheduled runs work in clones of one")
    return answer.stdout.strip()


def _make_pool(client: SyncPrefectClient) -> None:
    template = ProcessWorker.get_default_base_job_template()
    with suppress(ObjectAlreadyExists):
        client.create_work_pool(WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=template))


def _limit(client: SyncPrefectClient, slots: int | None) -> None:
    try:
        client.read_global_concurrency_limit_by_name(LIMIT)
    except ObjectNotFound:
        client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=LIMIT, limit=slots or 1))
    else:
        if slots:
            client.upsert_global_concurrency_limit_by_name(LIMIT, slots)


def _run_deploy(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    answer = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if answer.returncode:
        words = [line.strip() for line in answer.stdout.splitlines() if line.strip()]
        raise UserError(f"prefect.yaml: not deployed: {' / '.join(words[-3:])}")


def _automate(client: SyncPrefectClient) -> None:
    text = (ROOT / "automations.yaml").read_text("utf-8")
    known = {automation.name: automation for automation in client.read_automations()}
    for definition in YAML(typ="safe").load(text)["automations"]:
        automation = AutomationCore.model_validate(definition)
        if old := known.get(automation.name):
            client.update_automation(old.id, automation.model_copy(update={"enabled": old.enabled}))
        else:
            client.create_automation(automation)


def main() -> None:
    """Deploy from the command line."""
    parser = argparse.ArgumentParser(prog="python -m flows.deploy", description="Bring Prefect's server up to date.")
    parser.add_argument("--repository", default=os.environ.get("MENAGERIE_REPOSITORY"), help="URL (this checkout)")
    parser.add_argument("--commit", default=os.environ.get("MENAGERIE_COMMIT"), help="hash (the checkout's)")
    parser.add_argument("--gpus", type=positive, metavar="N", help="trainings that may hold a GPU at once")
    options = parser.parse_args()
    if not PREFECT_API_URL.value():
        raise UserError("PREFECT_API_URL: not set; it is the address of the server, like http://127.0.0.1:4200/api")
    deploy(options.repository, options.commit, options.gpus)


if __name__ == "__main__":
    run_step(main)

"""The report in MLflow: a run of its own for each table that came out."""

from pathlib import Path

import mlflow
from mlflow.entities import RunStatus

from components.files import sha256
from components.registry.lineage import git_state
from components.registry.recording import forgiving
from components.registry.runs import PREFIX
from components.registry.tracking import connect, exclusive

__all__ = ["record_report"]

TABLE = f"{PREFIX}table"


def record_report(folder: Path) -> None:
    """Log the page and the table of a folder of reports, unless a run holds this very table.

    Args:
        folder: with ``index.html``, ``table.md`` and ``table.csv``; the last one's hash tells reports apart.
    """
    experiment, digest = connect(), sha256(folder / "table.csv")
    client = mlflow.MlflowClient()
    with forgiving("report"), exclusive("report"):
        if client.search_runs([experiment], f"tags.`{TABLE}` = '{digest}'"):
            return
        commit, dirty = git_state()
        tags = {TABLE: digest, f"{PREFIX}commit": commit, f"{PREFIX}dirty": dirty}
        tags["mlflow.note.content"] = (folder / "table.md").read_text("utf-8")
        run = client.create_run(experiment, run_name="report", tags=tags)
        client.log_artifacts(run.info.run_id, str(folder), "report")
        client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.FINISHED))

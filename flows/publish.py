"""What a flow leaves to look at in Prefect: the table of results, samples of every model, links."""

import base64
import os
from pathlib import Path

from prefect.artifacts import create_link_artifact, create_markdown_artifact

from components.addresses import without_credentials
from flows.clones import is_clone

__all__ = ["publish", "publish_lock"]

LOCK = Path("dvc.lock")
TABLE = Path("reports/table.md")
PAGE = Path("reports/index.html")
SAMPLES = Path("artifacts/evaluation")
FENCE = "`" * 8


def publish() -> None:
    """Create Prefect's artifacts from what the stages left; what is not there is left out."""
    if TABLE.exists():
        create_markdown_artifact(TABLE.read_text("utf-8"), key="results", description="All models on one table")
    if samples := _samples():
        create_markdown_artifact(samples, key="samples", description="What each model generates")
    if PAGE.exists() and not is_clone():  # which goes with the run
        page = PAGE.resolve()
        create_link_artifact(page.as_uri(), key="report", link_text=str(page), description="On the machine of this run")
    tracking = os.environ.get("MLFLOW_TRACKING_URI", "")
    if tracking.startswith("http"):
        create_link_artifact(without_credentials(tracking), key="mlflow", link_text="MLflow")
    else:
        create_link_artifact("http://127.0.0.1:5000", key="mlflow", link_text="MLflow, once `make ui` runs there")


def publish_lock() -> None:
    """Keep ``dvc.lock`` as the run leaves it: in a clone, nothing else of it stays."""
    if LOCK.exists():
        text = f"{FENCE}yaml\n{LOCK.read_text('utf-8')}{FENCE}"
        create_markdown_artifact(text, key="dvc-lock", description="What this run made, by hash")


def _samples() -> str:
    """Pictures and texts of every model as Markdown that needs no other file."""
    parts = []
    for folder in sorted(SAMPLES.glob("*")):
        picture, text = folder / "samples.png", folder / "samples.txt"
        if picture.exists():
            data = base64.b64encode(picture.read_bytes()).decode("ascii")
            parts.append(f"## {folder.name}\n\n![samples of {folder.name}](data:image/png;base64,{data})")
        elif text.exists():
            parts.append(f"## {folder.name}\n\n{FENCE}\n{text.read_text('utf-8').strip()}\n{FENCE}")
    return "\n\n".join(parts)

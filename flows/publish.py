"""What a flow leaves to look at in Prefect: the table of results, samples of every model, links."""

import base64
import os
from pathlib import Path

from prefect.artifacts import create_link_artifact, create_markdown_artifact

__all__ = ["publish"]

TABLE = Path("reports/table.md")
PAGE = Path("reports/index.html")
SAMPLES = Path("artifacts/evaluation")


def publish() -> None:
    """Create Prefect's artifacts from what the stages left; what is not there is left out."""
    if TABLE.exists():
        create_markdown_artifact(TABLE.read_text("utf-8"), key="results", description="All models on one table")
    if samples := _samples():
        create_markdown_artifact(samples, key="samples", description="What each model generates")
    if PAGE.exists():
        create_link_artifact(PAGE.resolve().as_uri(), link_text="reports/index.html", key="report")
    tracking = os.environ.get("MLFLOW_TRACKING_URI", "")
    if tracking.startswith("http"):
        create_link_artifact(tracking, link_text="MLflow", key="mlflow")
    else:
        create_link_artifact("http://127.0.0.1:5000", link_text="MLflow, once `make ui` runs", key="mlflow")


def _samples() -> str:
    """Pictures and texts of every model as Markdown that needs no other file."""
    parts = []
    for folder in sorted(SAMPLES.glob("*")):
        picture, text = folder / "samples.png", folder / "samples.txt"
        if picture.exists():
            data = base64.b64encode(picture.read_bytes()).decode("ascii")
            parts.append(f"## {folder.name}\n\n![samples of {folder.name}](data:image/png;base64,{data})")
        elif text.exists():
            parts.append(f"## {folder.name}\n\n```\n{text.read_text('utf-8').strip()}\n```")
    return "\n\n".join(parts)

"""The model card of a version says what a person should know, and is beside its pictures in MLflow."""

from pathlib import Path

import mlflow
import pytest

from components.diagnosis import Finding, write_findings
from components.files import write_json
from components.registry.card import write_card
from tests.registry.workshop import register_model


@pytest.fixture
def client(experiment, workshop):
    return mlflow.MlflowClient()


def test_a_card_names_data_numbers_verdicts_and_limits(client, tmp_path):
    write_findings(Path("artifacts/evaluation/vae/diagnosis.json"), [Finding("dull", "warning", "it is dull.", {})])
    write_json(Path("artifacts/metrics/vae.json"), {"elbo_nats": {"mean": -80.5, "standard_error": 0.25}})
    version = register_model("vae")
    folder = tmp_path / "card"
    folder.mkdir()
    card = write_card(version, folder).read_text("utf-8")
    for line in (
        f"# vae, version {version.version}",
        "A model of the family **vae**, trained on **squares** with Menagerie. Warning: it is dull.",
        "- It knows the 16 training images of squares and nothing else; what is",
        "| elbo nats | ≥ -80.5 ± 0.25 | -80.99 … -80.01 | lower bound |",
        "| diagnosis | passed | warning found, allowed: warning at most |",
        "| images | 10 test, 16 train, 10 validation |",
        f"| hash | `{version.tags['menagerie.data']}` |",
        f"| hash of the weights | {version.tags['menagerie.weights']} |",
        "latent_dim: 2",
        "| seed | int | `0` |",
        f"python -m components.reproduce vae {version.version}",
    ):
        assert f"\n{line}\n" in f"\n{card}", line
    assert "![" not in card
    assert "\n\n\n" not in card


def test_a_card_shows_the_samples_beside_it_and_is_kept_with_the_run(client, tmp_path):
    for name, shown in (("vae", "![samples](samples.png)"), ("lstm", "```text\na text\n```")):
        version = register_model(name)
        kept = Path(client.download_artifacts(version.run_id, "card", str(tmp_path)))
        assert shown in (kept / "README.md").read_text("utf-8")
        assert {path.name for path in kept.glob("samples.*")} == {"samples.png" if name == "vae" else "samples.txt"}
        (tmp_path / "card").rename(tmp_path / name)

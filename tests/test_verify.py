"""Verification of registered versions: what they claim, looked at again."""

import json
import shutil
import threading
import time
from pathlib import Path

import mlflow
import psutil
import pytest

from components.costs import describe_machine, record_costs
from components.files import sha256
from components.registry.packaged import KilledError
from components.registry.runs import WEIGHTS
from tests.registry.workshop import make_workshop
from tests.workplace import recording, run_step

RULES = {"weights", "samples", "numbers", "diagnosis", "bar.coverage", "not_worse"}


@pytest.fixture(scope="module")
def record(judges, tmp_path_factory):
    """A current folder in which a VAE has been evaluated and registered."""
    folder = tmp_path_factory.mktemp("verified")
    with pytest.MonkeyPatch.context() as patch, recording(f"sqlite:///{folder}/mlflow.db"):
        patch.chdir(folder)
        make_workshop(folder)
        params = Path("params.yaml")  # nobody trained these models, and the gate would tell it
        lenient = (
            params.read_text().replace("diagnosis: warning", "diagnosis: error").replace("least: 0.1", "least: 0.0")
        )
        params.write_text(lenient)
        shutil.copytree(judges / "artifacts", folder / "artifacts", dirs_exist_ok=True)
        weights = sha256(Path("artifacts/models/vae/model.safetensors"))
        record_costs("vae", weights, "training", describe_machine("tensorflow", "CPU"))
        run_step("evaluate", "vae")
        run_step("register", "vae")
        yield folder


@pytest.fixture
def verified(record, tmp_path, monkeypatch):
    """Verify it; the verdicts by rule."""

    def verified() -> dict[str, tuple[bool, str]]:
        out = tmp_path / "verdicts.json"
        run_step("verify", "vae", "candidate", "--out", str(out))
        found = json.loads(out.read_text())
        assert (found["model"], found["version"]) == ("vae", 1)
        return {one["rule"]: (one["passed"], one["reason"]) for one in found["verdicts"]}

    monkeypatch.chdir(record)
    return verified


def set_tag(key: str, value: str) -> str:
    """Have the version claim something else; what it claimed before."""
    client = mlflow.MlflowClient()
    before: str = client.get_model_version("vae", "1").tags[key]
    client.set_model_version_tag("vae", "1", key, value)
    return before


def test_a_version_that_is_what_it_claims_to_be_passes(verified):
    verdicts = verified()
    assert verdicts.keys() == RULES
    assert {passed for passed, _ in verdicts.values()} == {True}
    assert verdicts["samples"][1].startswith("the 4 that were recorded")
    assert verdicts["numbers"][1] == "as recorded, within 3 standard errors: coverage, elbo_nats"


def test_samples_may_differ_on_another_machine_only_and_then_the_numbers_decide(verified):
    claimed = json.loads(mlflow.MlflowClient().get_model_version("vae", "1").tags["menagerie.samples"])
    before = set_tag("menagerie.samples", json.dumps({**claimed, "sha256": "0" * 64}))
    assert not verified()["samples"][0]
    processor = set_tag("menagerie.processor", "Z80")
    data = set_tag("menagerie.data", "others")
    verdicts = verified()
    assert verdicts["samples"] == (True, "not those recorded, which had other processor")
    assert verdicts["numbers"] == (False, "not measured: data/arrays/squares: other data than it was trained on")
    for key, value in (("samples", before), ("processor", processor), ("data", data)):
        set_tag(f"menagerie.{key}", value)


def test_numbers_that_were_never_measured_are_found_out(verified):
    client = mlflow.MlflowClient()
    client.log_metric(client.get_model_version("vae", "1").run_id, "test/elbo_nats.mean", -1.0)
    passed, reason = verified()["numbers"]
    assert not passed
    assert reason.startswith("elbo_nats is -")
    assert "but recorded was -1 ±" in reason


def test_that_the_process_which_draws_was_ended_says_nothing_of_the_version(verified):
    data = set_tag("menagerie.data", "others")  # nothing is measured
    killer = threading.Thread(target=kill_drawer)
    killer.start()
    with pytest.raises(KilledError, match="exit code -9"):
        verified()
    killer.join()
    set_tag("menagerie.data", data)


def kill_drawer() -> None:
    """As the system does where no memory is left."""
    while not (drawers := [one for one in psutil.Process().children() if "drawing.py" in " ".join(one.cmdline())]):
        time.sleep(0.01)
    drawers[0].kill()


def test_weights_that_are_others_are_loaded_by_nobody(verified):
    set_tag(WEIGHTS, "0" * 64)
    verdicts = verified()
    assert verdicts.keys() == {"weights"}
    assert not verdicts["weights"][0]

"""Champions, released and rolled back by the real flow: each verification is a process of its own."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import mlflow
import numpy as np
import pytest

from components.costs import describe_machine, record_costs
from components.files import sha256
from components.params import UserError
from components.registry.champions import champion, move_champion
from components.registry.ledger import EXPERIMENT, entries, last_good
from components.registry.tracking import connect, exclusive
from flows import release
from tests.registry.workshop import make_workshop
from tests.workplace import CONDITIONAL, run_step

pytestmark = pytest.mark.usefixtures("prefect_server")
MODEL = "watched"


@pytest.fixture(scope="module")
def versions(judges, tmp_path_factory, environment) -> list[int]:
    """Versions of a VAE, in a current folder with all that judges them: a fine one, one to be spoilt, a bad one."""
    folder = tmp_path_factory.mktemp("released")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        make_workshop(folder, CONDITIONAL.replace("conditional", MODEL, 1))
        params = Path("params.yaml")  # nobody trained these models, and the gate would tell it
        lenient = (
            params.read_text().replace("diagnosis: warning", "diagnosis: error").replace("least: 0.1", "least: 0.0")
        )
        params.write_text(lenient)
        shutil.copytree(judges / "artifacts", folder / "artifacts", dirs_exist_ok=True)
        Path(".dvc").mkdir()
        Path(".dvc/config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
        register_moved(0.0)
        register_moved(0.001, evaluate=False)
        register_moved(5.0)
        yield [1, 2, 3]


def register_moved(shift: float, evaluate: bool = True) -> None:
    """Register the model with its last bias moved."""
    from components.models import storage

    folder = Path("artifacts/models", MODEL)
    model = storage.load(folder)
    variable = model.trainable_variables[-1]
    variable.assign(np.asarray(variable) + shift)
    storage.save(model, folder)
    weights = sha256(folder / "model.safetensors")
    record_costs(MODEL, weights, "training", describe_machine("tensorflow", "CPU"))
    if evaluate:
        run_step("evaluate", MODEL)
    run_step("register", MODEL)


def spoil(version: int) -> None:
    """Change a byte of the registered weights of a version."""
    wanted = mlflow.MlflowClient().get_model_version(MODEL, str(version)).tags["menagerie.weights"]
    store = Path(mlflow.get_tracking_uri().removeprefix("sqlite:///")).parent / "mlartifacts"
    for path in store.rglob("model.safetensors"):
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == wanted:
            path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command of ``flows.release``; its last line."""

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["flows.release", *arguments])
        release.main()
        return capsys.readouterr().out.strip().splitlines()[-1]

    return run


def released() -> int:
    found: int = json.loads(Path("releases", MODEL, "release.json").read_text())["to"]
    return found


def test_a_good_champion_is_released_and_a_bad_one_rolled_back_with_the_reason(versions, run, monkeypatch):
    good, spoilt, worse = versions
    with pytest.raises(UserError, match=f"^no registered model is named 'watchd'; there are: .*{MODEL}$"):
        run("watch", "watchd")
    move_champion(MODEL, good)
    assert run() == f"{MODEL} {good} released"
    assert (released(), last_good(MODEL)) == (good, good)
    verdicts = {verdict.rule: verdict for verdict in entries(MODEL)[-1].verdicts}
    assert {"weights", "samples", "numbers", "diagnosis", "not_worse"} <= verdicts.keys()
    assert "that were recorded" in verdicts["samples"].reason

    spoil(spoilt)
    move_champion(MODEL, spoilt)
    with exclusive(f"release-{MODEL}"):
        assert run("watch", MODEL) == f"{MODEL}: another process is at it"
    assert run("watch", MODEL) == f"{MODEL} {spoilt} refused"
    assert entries(MODEL)[-1].why.startswith("weights: SHA-256 ")
    move_champion(MODEL, worse)
    assert run("watch", MODEL) == f"{MODEL} {worse} refused"
    assert "not_worse.elbo_nats: worse by " in entries(MODEL)[-1].why
    assert (champion(MODEL), released(), last_good(MODEL)) == (good, good, good)

    tags = {"menagerie.model": "ill", "menagerie.number": "first"}  # which is no number
    broken = mlflow.MlflowClient().create_run(connect(EXPERIMENT), tags=tags)
    monkeypatch.setattr(release.find_change, "retries", 0)
    move_champion(MODEL, None)
    with pytest.raises(SystemExit, match="1"):
        run()  # of all models
    assert entries(MODEL)[-1].action == "withdrawn"
    mlflow.MlflowClient().delete_run(broken.info.run_id)
    assert not Path("releases", MODEL).exists()
    assert run("rollback", MODEL, "--why", "it is missed") == f"{MODEL} {good} rolled back to, from none"
    with pytest.raises(SystemExit) as ended:
        run("rollback", MODEL, "--to", str(spoilt))
    assert ended.value.code == 1
    assert (champion(MODEL), released(), last_good(MODEL)) == (good, good, good)
    actions = ["released", "refused", "refused", "withdrawn", "rolled back", "refused"]
    assert [entry.action for entry in entries(MODEL)] == actions
    assert run("history", MODEL).split()[:3] == ["6", entries(MODEL)[-1].when, "refused"]

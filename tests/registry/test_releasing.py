"""What is released, as files: whole, pinned, and as the ledger says wherever a process died."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest

from components.files import sha256, to_json
from components.params import Params, UserError
from components.registry.champions import champion, move_champion
from components.registry.gate import Verdict
from components.registry.ledger import entries, in_force, last_good
from components.registry.releasing import checkout, conclude, look, roll_back
from components.registry.trained import read_trained
from components.registry.versions import register
from tests.registry.dying import die_before, live
from tests.registry.workshop import change_weights, make_workshop
from tests.workplace import CONDITIONAL

MODEL = "released"
FOLDER = Path("releases", MODEL)
WHOLE = Verdict("weights", True, "SHA-256 abc")
FINE, BAD = Verdict("coverage", True, "0.9 at least"), Verdict("coverage", False, "0.1, allowed: 0.5 at least")


@pytest.fixture
def versions(experiment, tmp_path, monkeypatch) -> list[int]:
    """Two versions of a model in a project that DVC pins files of; their numbers."""
    monkeypatch.chdir(tmp_path)
    params = make_workshop(tmp_path, CONDITIONAL.replace("conditional", MODEL, 1))
    Path(".dvc").mkdir()
    Path(".dvc/config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    first = registered(params)
    change_weights(MODEL)
    return [first, registered(params)]


def registered(params: Params) -> int:
    return int(register(read_trained(MODEL, 7), params.gate).version)


def watch() -> None:
    """What a watch does with a version that passes."""
    if change := look(MODEL):
        conclude(change, [WHOLE, FINE])


def rolled_back(version: int) -> None:
    roll_back(MODEL, version, "asked for", [FINE])


def agree() -> None:
    """See that alias, ledger, files and pin name the same version."""
    entry = in_force(MODEL)
    assert entry is not None
    assert champion(MODEL) == last_good(MODEL) == entry.after
    assert (FOLDER / "release.json").read_text() == to_json(entry.content())
    version = mlflow.MlflowClient().get_model_version(MODEL, str(entry.after))
    assert "challenger" not in version.aliases
    assert sha256(FOLDER / "model.safetensors") == version.tags["menagerie.weights"]
    status = subprocess.run(
        [sys.executable, "-m", "dvc", "status", f"{FOLDER}.dvc"], check=True, capture_output=True, text=True
    )
    assert "up to date" in status.stdout
    pin = mlflow.MlflowClient().download_artifacts(entry.run_id, f"{MODEL}.dvc")
    assert Path(pin).read_text() == Path(f"{FOLDER}.dvc").read_text()


def heal() -> None:
    """What the next watch does, and what is so after it."""
    watch()
    agree()


def test_what_is_released_is_whole_pinned_and_comes_back(versions):
    first, second = versions
    with pytest.raises(UserError, match="the ledger has no released version"):
        checkout(MODEL)
    move_champion(MODEL, first)
    live(heal)
    names = {"README.md", "config.json", "model.safetensors", "release.json", "samples.png"}
    assert {path.name for path in FOLDER.iterdir()} == names
    assert json.loads((FOLDER / "release.json").read_text())["verdicts"] == [
        {"rule": "coverage", "passed": True, "reason": "0.9 at least"},
        {"rule": "weights", "passed": True, "reason": "SHA-256 abc"},
    ]

    assert die_before(4, rolled_back, second)  # its files are there, and not pinned
    assert json.loads((FOLDER / "release.json").read_text())["to"] == second
    live(heal)
    (FOLDER / "model.safetensors").unlink()  # as if DVC had been ended while it wrote
    live(heal)
    with (FOLDER / "samples.png").open("r+b") as file:
        file.truncate(10)
    live(heal)
    assert (champion(MODEL), len(entries(MODEL))) == (first, 1)

    roll_back(MODEL, second, "asked for", [BAD])
    assert (champion(MODEL), entries(MODEL)[-1].why) == (
        first,
        "to be gone back to: coverage: 0.1, allowed: 0.5 at least",
    )
    mlflow.MlflowClient().delete_registered_model_alias(MODEL, "champion")
    conclude(look(MODEL), [])
    assert not FOLDER.exists()
    assert not Path(f"{FOLDER}.dvc").exists()


def test_wherever_a_process_dies_files_ledger_and_alias_come_together(versions):
    before, gone_back = len(entries(MODEL)), 0
    for step in itertools.count(1):
        earlier, later = versions if last_good(MODEL) != versions[1] else reversed(versions)
        move_champion(MODEL, later)
        died = die_before(step, watch)
        live(heal)
        assert last_good(MODEL) == later
        died |= die_before(step, rolled_back, earlier)
        live(heal)
        gone_back += last_good(MODEL) == earlier
        if not died:
            break
    assert step > 11
    actions = [entry.action for entry in entries(MODEL)[before:]]
    assert (actions.count("released"), actions.count("rolled back"), len(actions)) == (
        step,
        gone_back,
        step + gone_back,
    )

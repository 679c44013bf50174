"""A real sweep: Optuna, MLflow, DVC and small trainings, killed and continued."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import mlflow
import psutil
import pytest

from components.params import Params, UserError, load
from flows.bench import Bench, MisfitError, committed
from tests.flows.conftest import ROOT, until
from tests.workplace import make_workplace

MODEL = """\
  tuned:
    family: vae
    dataset: squares
    encoder: dense
    widths: [8]
    latent_dim: 2                # the bottleneck
    likelihood: discretized_logistic
    beta: 1.0
    kl_warmup_steps: 0
    free_bits: 0.0
    training:
      epochs: 40
      batch_size: 4
      optimizer:
        learning_rate: 0.001     # peak
      sample_every: 40
"""
SWEEPS = """\
sweeps:
  learn:
    model: tuned
    trials: 3
    random_trials: 1
    prune_after: 5
    space:
      latent_dim: {least: 1, most: 6}
      training.optimizer.learning_rate: {least: 1e-5, most: 1e-1, log: true}
"""
GRAPH = """\
stages:
  prepare:
    foreach: ${datasets}
    do:
      cmd: mkdir -p data/arrays && cp -r given/${key} data/arrays
      deps: ["given/${key}"]
      outs: ["data/arrays/${key}"]
  train:
    foreach: ${models}
    do:
      cmd: python -m components.train ${key}
      params: [seed, "models.${key}"]
      deps: [components/train.py, "data/arrays/${item.dataset}"]
      outs: ["artifacts/models/${key}", "artifacts/progress/${key}"]
      plots: ["artifacts/curves/${key}.csv"]
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with this code, small data and a model that learns in seconds."""
    folder = tmp_path_factory.mktemp("sweep") / "checkout"
    for room in ("components", "flows"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    make_workplace(folder, MODEL)
    params = folder / "params.yaml"
    params.write_text(
        params.read_text().replace("seed: 7", "seed: 38", 1) + SWEEPS
    )  # draws a bad rate, then a good one
    (folder / "data" / "arrays").rename(folder / "given")
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text("[core]\n    analytics = false\n")
    (folder / "dvc.yaml").write_text(GRAPH)
    shutil.copy(ROOT / ".gitignore", folder)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "all")
    return folder


@pytest.fixture(scope="module")
def swept(checkout: Path, prefect_server: str) -> str:
    """What a sweep printed that was killed in its second trial, and started again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_API_URL", prefect_server)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{checkout}/mlflow.db")
        patch.delenv("PYTHONPATH")
        first = start(checkout)
        until(lambda: list(checkout.glob(".menagerie/sweeps/*/1/clone/.dvc/tmp/lock")))
        first.kill()  # and what it has started works on
        first.communicate()
        again = start(checkout, "--parallel", "2", "--apply")
        output, _ = again.communicate(timeout=240)
        assert again.returncode == 0, output
        return output


def test_a_killed_sweep_goes_on_and_no_trial_is_lost_or_counted_twice(swept: str, checkout: Path) -> None:
    assert sorted(re.findall(r"Task run 'trial (\d)' - latent_dim", swept)) == ["1", "2"]
    assert "3 trials: 2 complete, 1 pruned; best: trial 2" in swept
    rows = re.findall(
        r"^\| \**(\d)\** \| \**([\d.]+)\** \| (\d+) \| (\w+) \| (\d) \| ([\d.e-]+) \|$", swept, re.MULTILINE
    )
    assert [(number, outcome) for number, _, _, outcome, _, _ in rows] == [
        ("0", "complete"),
        ("1", "pruned"),
        ("2", "complete"),
    ]
    assert rows[0][4:] == ("2", "0.001"), "the first is the model as it stands"
    assert [int(row[2]) for row in rows][::2] == [40, 40]
    assert int(rows[1][2]) < 40, "ended early"
    assert not list(checkout.glob(".menagerie/sweeps/*/*"))
    assert not [process for process in psutil.process_iter(["cwd"]) if str(checkout) in (process.info["cwd"] or "")]


def test_every_trial_is_a_pinned_run_nested_in_that_of_the_sweep(swept: str, checkout: Path) -> None:
    client = mlflow.MlflowClient(f"sqlite:///{checkout}/mlflow.db")
    experiment = client.get_experiment_by_name("menagerie")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time"])
    parent = runs[0]
    found = {file.path for file in client.list_artifacts(parent.info.run_id)}
    assert found == {"trials.md", "params.diff", "history.png", "parameters.png", "epochs.png"}
    assert parent.info.status == "FINISHED"
    assert len(client.get_metric_history(parent.info.run_id, "best")) == 2

    trials = {run.data.tags["menagerie.trial"]: run for run in runs[1:]}
    assert len(runs) == 4
    assert {number: run.data.tags["menagerie.outcome"] for number, run in trials.items()} == {
        "0": "complete",
        "1": "pruned",
        "2": "complete",
    }
    assert {run.data.tags["mlflow.parentRunId"] for run in trials.values()} == {parent.info.run_id}
    assert trials["1"].info.status == "KILLED"
    for run in trials.values():
        names = {file.path for file in client.list_artifacts(run.info.run_id)}
        assert {"params.yaml", "dvc.lock"} <= names
        assert run.data.tags["menagerie.commit"] == git(checkout, "rev-parse", "HEAD").strip()


def test_the_winner_is_a_difference_and_its_training_is_in_the_cache(swept: str, checkout: Path) -> None:
    difference = git(checkout, "diff", "params.yaml")
    changed = [line for line in difference.splitlines() if line.startswith(("+ ", "- "))]
    assert [line[0] for line in changed] == ["-", "+", "-", "+"]
    assert all(line.endswith(("# the bottleneck", "# peak")) for line in changed)
    assert all(line in swept.splitlines() for line in changed)
    assert "Stage 'train@tuned' is cached - skipping run" in run(checkout, "dvc", "repro", "train@tuned")


def test_code_that_is_not_committed_is_told(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    commit, _ = committed()
    assert commit == git(checkout, "rev-parse", "HEAD").strip()
    with (checkout / "components" / "curves.py").open("a") as file:
        file.write("# another thought\n")
    with pytest.raises(UserError, match=r"^components/curves\.py: not committed"):
        committed()
    git(checkout, "restore", "components/curves.py")


def test_values_that_do_not_go_together_or_are_not_of_one_model(checkout: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(checkout)
    params = load()
    tuned = bench(tmp_path, params, "tuned")
    with pytest.raises(MisfitError, match="heads"):
        tuned.lay_out(tmp_path / "clone", {"encoder": "transformer", "heads": 3})
    with pytest.raises(UserError, match="shares a part with denoiser, lstm by a YAML alias"):
        bench(tmp_path, params, "vae").lay_out(tmp_path / "clone", {"training.epochs": 3})


def bench(folder: Path, params: Params, model: str) -> Bench:
    return Bench(
        folder=folder,
        commit=committed()[0],
        text=Path("params.yaml").read_text(),
        params=params,
        lock=b"",
        model=model,
        stage=f"train@{model}",
        inputs=(),
        cache=folder,
        objective="val_loss",
        parent="",
        environment={},
    )


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "flows.sweep", "learn", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(folder: Path, *command: str) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def git(folder: Path, *arguments: str) -> str:
    return run(folder, "git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments)

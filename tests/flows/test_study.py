"""Optuna's side of a sweep, with a formula for the training."""

from pathlib import Path

import pytest
from optuna.trial import TrialState

from components.params import Params, Range, Sweep, load
from flows.study import Study, storage_url, study_name
from flows.winner import best_so_far, difference, table
from tests.flows.conftest import ROOT

TRIALS = 9
RATE = "training.optimizer.learning_rate"


@pytest.fixture(scope="module")
def params() -> Params:
    """Those of the repository, with a sweep over every kind of parameter."""
    sweep = Sweep(
        model="vae",
        trials=TRIALS,
        random_trials=3,
        prune_after=3,
        space={
            "latent_dim": Range(least=4, most=32),
            "widths": Range(choices=([32, 64], [64, 128])),
            "activation": Range(choices=("relu", "silu")),
            RATE: Range(least=0.0005, most=0.01, log=True),
        },
    )
    return load(ROOT / "params.yaml").model_copy(update={"sweeps": {"all": sweep}})


def study_in(folder: Path, params: Params) -> Study:
    sweep = params.sweep("all")
    return Study("all-1", sweep, params.model(sweep.model), params.seed, f"sqlite:///{folder}/sweeps.db")


def search(folder: Path, params: Params, killed_in: int | None = None) -> Study:
    """Take the trials that are open, one after the other; killed in one, it is left running after an epoch."""
    study = study_in(folder, params)
    for number in study.open(TRIALS):
        trial = study.take(number)
        values = study.values(trial.params)
        loss = abs(values["latent_dim"] - 12) + len(values["activation"]) + 1000 * values[RATE]
        for epoch in range(1, 7):
            trial.report(loss + 10 / epoch, epoch)
            if number == killed_in:
                return study
            if trial.should_prune():
                study.study.tell(number, state=TrialState.PRUNED)
                break
        else:
            study.study.tell(number, loss)
    return study


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, params: Params) -> Study:
    return search(tmp_path_factory.mktemp("whole"), params)


def test_a_killed_study_goes_on_as_if_it_had_not_been(tmp_path: Path, params: Params, whole: Study) -> None:
    for killed_in in (0, 2, 5):
        assert search(tmp_path, params, killed_in).open(TRIALS)[0] == killed_in
    again = search(tmp_path, params)
    assert again.open(TRIALS) == []
    assert [(t.number, t.state, t.value, t.params) for t in again.trials] == [
        (t.number, t.state, t.value, t.params) for t in whole.trials
    ]
    assert {trial.state for trial in again.trials} == {TrialState.COMPLETE, TrialState.PRUNED}


def test_the_first_trial_is_the_model_as_it_stands(params: Params, whole: Study, tmp_path: Path) -> None:
    vae = params.model("vae")
    values = whole.values(whole.trials[0].params)
    assert (values["latent_dim"], tuple(values["widths"])) == (vae.latent_dim, vae.widths)

    narrow = params.sweep("all").model_copy(update={"space": {"latent_dim": Range(least=30, most=32)}})
    study = Study("narrow", narrow, vae, params.seed, f"sqlite:///{tmp_path}/sweeps.db")
    assert study.trials == [], "it lies outside"
    assert 30 <= study.values(study.take(0).params)["latent_dim"] <= 32


def test_what_is_drawn_is_what_a_person_would_write(whole: Study) -> None:
    values = [whole.values(trial.params) for trial in whole.trials]
    assert all(isinstance(value["latent_dim"], int) and 4 <= value["latent_dim"] <= 32 for value in values)
    assert all(value["widths"] in ([32, 64], [64, 128]) for value in values)
    assert all(len(f"{value[RATE]:.10g}".lstrip("0.")) <= 3 for value in values)


def test_what_was_found(whole: Study) -> None:
    best = whole.best
    assert best is not None
    lines = table(whole).splitlines()
    assert len(lines) == 2 + TRIALS
    assert f"| **{best.number}** |" in lines[2 + best.number]
    assert min(best_so_far(whole).values()) == best.value

    text = (ROOT / "params.yaml").read_text("utf-8")
    found = difference(whole, text)
    assert found.startswith("--- a/params.yaml\n+++ b/params.yaml\n")
    assert f"+    latent_dim: {whole.values(best.params)['latent_dim']}\n" in found


def test_a_changed_sweep_is_another(params: Params) -> None:
    sweep = params.sweep("all")
    same = sweep.model_copy(update={"trials": 40, "parallel": 2})
    other = sweep.model_copy(update={"objective": "val_kl"})
    name = study_name("all", params, "code")
    assert study_name("all", params.model_copy(update={"sweeps": {"all": same}}), "code") == name
    assert study_name("all", params.model_copy(update={"sweeps": {"all": other}}), "code") != name
    assert study_name("all", params.model_copy(update={"seed": 8}), "code") != name
    assert study_name("all", params, "other code") != name


def test_studies_lie_where_mlflows_record_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for tracking, storage in {
        f"sqlite:///{tmp_path}/mlflow.db": f"sqlite:///{tmp_path}/sweeps.db",
        "postgresql://me@here/menagerie": "postgresql://me@here/menagerie",
        "http://127.0.0.1:5000": f"sqlite:///{tmp_path}/home/sweeps.db",
    }.items():
        monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking)
        monkeypatch.setenv("MENAGERIE_HOME", str(tmp_path / "home"))
        assert storage_url() == storage
    monkeypatch.setenv("OPTUNA_STORAGE", "postgresql://me@there/other")
    assert storage_url() == "postgresql://me@there/other"

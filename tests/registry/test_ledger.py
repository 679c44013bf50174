"""The ledger: append-only, complete, and in agreement with the alias wherever a process dies."""

import itertools

import mlflow
import pytest

from components.params import UserError
from components.registry.champions import champion, champions, find_version, move_champion
from components.registry.gate import Verdict
from components.registry.ledger import EXPERIMENT, Entry, entries, in_force, known_models, last_good, record, recover
from components.registry.releasing import Change, conclude, look, previous
from tests.registry.dying import die_before

FINE, BAD = Verdict("coverage", True, "0.9 at least"), Verdict("weights", False, "other bytes")
names = (f"model-{i}" for i in itertools.count())


def make_model(versions: int = 3) -> str:
    """A registered model without files; its name."""
    client, name = mlflow.MlflowClient(), next(names)
    client.create_registered_model(name)
    for _ in range(versions):
        client.create_model_version(name, "file:///nowhere", tags={"menagerie.model": name})
    return name


def entry(model: str, action: str, before: int | None, after: int | None, found: int | None = None) -> Entry:
    told = {"who": "me", "when": "2026-01-01T00:00:00Z", "why": "because", "commit": "abc"}
    return Entry(model, action, found, found or after, before, after, **told, verdicts=(FINE,))  # type: ignore[arg-type]


def release(model: str, version: int) -> Entry:
    """Have a version released, without its files."""
    move_champion(model, version)
    return record(entry(model, "released", last_good(model), version, version))


def runs(model: str, status: str) -> int:
    query = f"tags.`menagerie.model` = '{model}' and attributes.status = '{status}'"
    return len(mlflow.search_runs(experiment_names=[EXPERIMENT], filter_string=query, output_format="list"))


@pytest.fixture(autouse=True)
def _here(experiment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_an_entry_says_who_what_when_why_and_is_seen_in_mlflow(tmp_path):
    model, pin = make_model(), tmp_path / "model.dvc"
    pin.write_text("outs: []\n")
    move_champion(model, 2)
    told = entry(model, "released", None, 2, 2)
    written = record(told, pin)
    assert entries(model) == [told] == [written]
    run = mlflow.get_run(written.run_id)
    assert (run.info.status, run.info.run_name) == ("FINISHED", f"{model} 2: released")
    assert run.data.tags["menagerie.verdict.coverage"] == "passed: 0.9 at least"
    assert "| coverage | passed | 0.9 at least |" in run.data.tags["mlflow.note.content"]
    files = {file.path for file in mlflow.MlflowClient().list_artifacts(written.run_id)}
    assert files == {"model.dvc", "release.json", "verdicts.json"}
    assert (last_good(model), in_force(model)) == (2, told)
    assert model in champions() & known_models()


def test_the_first_bad_champion_loses_the_alias_and_the_next_goes_back_to_the_last_good_one():
    model = make_model()
    assert look(model) is None
    move_champion(model, 1)
    change = look(model)
    assert change == Change(model, 1, None)
    refused = conclude(change, [FINE, BAD])
    assert refused is not None
    assert (refused.action, refused.why, champion(model)) == ("refused", "weights: other bytes", None)
    assert look(model) is None
    release(model, 2)
    move_champion(model, 3)
    assert conclude(look(model), [BAD]).after == champion(model) == last_good(model) == 2
    mlflow.MlflowClient().delete_registered_model_alias(model, "champion")
    assert conclude(look(model), []).action == "withdrawn"
    assert (last_good(model), look(model)) == (None, None)
    assert [one.number for one in entries(model)] == [1, 2, 3, 4]


def test_an_alias_that_is_moved_while_a_version_is_verified_is_left_to_the_next_look():
    model = make_model()
    move_champion(model, 1)
    change = look(model)
    move_champion(model, 2)
    assert conclude(change, [BAD]) is None
    with pytest.raises(UserError, match="was moved meanwhile, to 2"):
        record(entry(model, "refused", None, None, 1))
    assert (champion(model), entries(model), runs(model, "KILLED")) == (2, [], 1)


def test_the_version_before_is_the_one_below_in_the_line_that_led_here():
    model = make_model(4)
    with pytest.raises(UserError, match="no version before the first"):
        previous(model)
    for version in (1, 2, 3):
        release(model, version)
    assert previous(model) == 2
    record(entry(model, "rolled back", 3, 2, 3))
    assert (champion(model), previous(model)) == (2, 1)
    release(model, 4)
    mlflow.MlflowClient().delete_model_version(model, "2")
    assert previous(model) == 1


def test_a_version_that_is_not_there_is_answered_by_those_that_are():
    model = make_model(2)
    move_champion(model, 1)
    assert int(find_version(model, "champion").version) == 1
    with pytest.raises(UserError, match=f"^{model} has no version '3'; there are: 1, 2, champion$"):
        find_version(model, "3")
    with pytest.raises(UserError, match="no registered model is named 'nobody'; there are: "):
        find_version("nobody", 1)


def decide(model: str, verdicts: list[Verdict]) -> None:
    """What a watch does, if there is anything to do."""
    if change := look(model):
        conclude(change, verdicts)


@pytest.mark.parametrize("action", ["refused", "withdrawn"])
def test_wherever_a_process_dies_the_next_look_brings_ledger_and_alias_together(action):
    for step in itertools.count(1):
        model = make_model()
        release(model, 1)
        move_champion(model, 2 if action == "refused" else None)
        died = die_before(step, decide, model, [BAD])
        decide(model, [BAD])
        assert champion(model) == last_good(model) == (1 if action == "refused" else None)
        assert [one.action for one in entries(model)] == ["released", action]
        assert (runs(model, "RUNNING"), look(model)) == (0, None)
        if not died:
            break
    assert step > 5


def test_a_finished_entry_stays_as_it_is_whatever_comes_after():
    model = make_model()
    first = release(model, 1)
    before = mlflow.get_run(first.run_id)
    release(model, 2)
    recover(model)
    after = mlflow.get_run(first.run_id)
    assert (after.info.status, after.info.end_time, after.data.tags) == (
        before.info.status,
        before.info.end_time,
        before.data.tags,
    )

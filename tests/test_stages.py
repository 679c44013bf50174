"""The stages of dvc.yaml, and which of them a parameter concerns."""

from pathlib import Path

import pytest
from dvc.dependency import ParamsDependency
from dvc.repo import Repo

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def index():
    with Repo(str(ROOT)) as repo:
        yield repo.index


def rerun(index, parameter: str) -> set[str]:
    """The names of the stages that run again when a parameter changes: those that name it, and what follows them."""
    first = [stage for stage in index.stages if any(concerns(dep, parameter) for dep in stage.deps)]
    found, waiting = set(first), list(first)
    while waiting:
        for after in index.graph.predecessors(waiting.pop()):
            if after not in found:
                found.add(after)
                waiting.append(after)
    return {stage.name for stage in found}


def concerns(dependency, parameter: str) -> bool:
    """Whether a dependency is this parameter, or a section that it is in."""
    if not isinstance(dependency, ParamsDependency):
        return False
    return any(f"{parameter}.".startswith(f"{name}.") for name in dependency.params)


def names(index, *kinds: str) -> set[str]:
    return {stage.name for stage in index.stages if stage.name.split("@")[0] in kinds}


def test_how_samples_are_judged_concerns_no_training(index):
    judging = names(index, "baseline", "evaluate", "register", "report")
    assert judging
    assert rerun(index, "evaluation.neighbours") == judging


def test_the_reference_concerns_all_judging_and_no_training(index):
    after = rerun(index, "reference.features")
    assert after == names(index, "reference", "baseline", "evaluate", "register", "report")


def test_a_model_concerns_itself_alone(index):
    (name, *_) = sorted(stage.name.removeprefix("train@") for stage in index.stages if stage.name.startswith("train@"))
    expected = {f"{step}@{name}" for step in ("train", "evaluate", "register")} | {"report"}
    assert rerun(index, f"models.{name}.training.epochs") == expected


def test_how_work_is_run_concerns_nothing(index):
    assert rerun(index, "execution.steps_per_call") == set()

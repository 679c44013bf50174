"""The stages of dvc.yaml, and which of them a parameter concerns."""

from pathlib import Path

import pytest
from dvc.dependency import ParamsDependency
from dvc.repo import Repo

from components.params import load
from tests.test_house import imports

ROOT = Path(__file__).parents[1]
MAKING = {"models", "networks", "backend", "training"}
JUDGING = {"models", "networks", "backend", "evaluation", "metrics", "diagnosis"}


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


@pytest.mark.parametrize(
    ("step", "rooms"), [("reference", MAKING), ("baseline", JUDGING), ("train", MAKING), ("evaluate", JUDGING)]
)
def test_a_stage_depends_on_all_code_that_shapes_its_result(index, step: str, rooms: set[str]):
    """A training also warns of what ``diagnosis`` finds, which shapes nothing."""
    for stage in (stage for stage in index.stages if stage.name.startswith(f"{step}@")):
        pinned = [Path(dep.fs_path).relative_to(ROOT) for dep in stage.deps if not isinstance(dep, ParamsDependency)]
        model = load(ROOT / "params.yaml").models.get(stage.name.removeprefix(f"{step}@"))
        made = f"components.models.{model.family if model else 'classifier'}"
        missing = {
            path for path in sources([made, f"components.{step}"], rooms) if not any(map(path.is_relative_to, pinned))
        }
        assert not missing, stage.name


def sources(modules: list[str], rooms: set[str]) -> set[Path]:
    """Files of modules, the last of them a step's, and of all that they import from these rooms."""
    found: set[Path] = set()
    while modules:
        path = Path(*modules.pop().split("."))
        path = path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py")
        if path not in found and path.parts[:1] == ("components",) and (path.parts[1] in rooms or not found):
            found.add(path)
            modules.extend(imports(str(path), (ROOT / path).read_text("utf-8")))
    return found

"""The rules of the house, which DESIGN.md draws: imports run down only, and every library has its rooms."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from components.params import ModelConfig

ROOT = Path(__file__).parents[1]

# Rooms from the top of the house to its ground. A module imports from its own room and from lower floors.
# Modules that lie in components/ itself and are not named here are the steps.
STEPS = "steps"
FLOORS = [
    ["flows"],
    [STEPS],
    ["components.serving"],
    ["components.evaluation", "components.reporting"],
    ["components.registry", "components.training", "components.metrics", "components.datasets"],
    ["components.models"],
    ["components.networks"],
    ["components.backend"],
    ["components.costs", "components.curves", "components.diagnosis", "components.fingerprint", "components.pictures"],
    ["components.addresses", "components.files"],
    ["components.params"],
    ["components"],
    ["components.imports"],
]

# Libraries, and the only modules and rooms that may name them.
DATA = ["components.datasets", "components.download", "components.prepare"]
LIBRARIES = {
    "tensorflow": ["components.backend.tensorflow", *DATA],
    "jax": ["components.backend.jax", "components.backend.devices_jax"],
    "tensorflow_datasets": DATA,
    "mlflow": ["components.registry", "components.register", "components.reproduce"],
    "prefect": ["flows"],
    "optuna": ["flows"],
    "dask": ["flows"],
    "distributed": ["flows"],
    "prefect_dask": ["flows"],
    "dvc": [],
    "hydra": [],
    "torch": [],
    "keras": [
        "components.backend",
        "components.networks",
        "components.models",
        "components.training",
        "components.registry",
        "components.evaluation",
        "components.train",
        "components.reference",
        "components.evaluate",
        "components.sample",
    ],
}

# Families, and names of theirs that are also names of layers, which networks and their parameters may speak of.
FAMILIES = {get_args(config.model_fields["family"].annotation)[0] for config in get_args(get_args(ModelConfig)[0])}
LAYERS = {"lstm", "transformer"}
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef

LONGEST = 300  # lines of a file

FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("components", "flows")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
ROOMS = {room: height for height, floor in enumerate(reversed(FLOORS)) for room in floor}


def room_of(module: str) -> str:
    """The room that a module of ours is in."""
    named = [room for room in ROOMS if within(module, [room])]
    room = max(named, key=len)
    return STEPS if room == "components" and module != "components" else room


def within(module: str, places: list[str]) -> bool:
    """Whether a module is one of ``places``, or inside one."""
    return any(module == place or module.startswith(f"{place}.") for place in places)


def imports(module: str, source: str) -> Iterator[str]:
    """Every module that a source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                yield inner if inner in FILES else str(node.module)


def objections(module: str, source: str) -> list[str]:
    """What the rules have against a module's imports."""
    room, found = room_of(module), []
    for imported in imports(module, source):
        library = imported.partition(".")[0]
        if library in LIBRARIES and not within(module, LIBRARIES[library]):
            found.append(f"{module} imports {library}, which is for {', '.join(LIBRARIES[library]) or 'no module'}")
        if library in ("components", "flows"):
            theirs = room_of(imported)
            if theirs != room and ROOMS[theirs] >= ROOMS[room]:
                found.append(f"{module} in {room} imports {imported}, which is not on a lower floor")
            if room == theirs == STEPS and imported != module:
                found.append(f"{module} imports {imported}, another step")
    return found


@pytest.mark.parametrize("module", FILES)
def test_imports_run_down_and_libraries_keep_to_their_rooms(module: str) -> None:
    assert objections(module, FILES[module].read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("components.params.vae", "import keras"),
        ("components.models.vae", "def f():\n    from tensorflow.nn import relu"),
        ("components.models.vae", "import components.training.loop"),
        ("components.models.vae", "from components import prepare"),
        ("components.networks.encoders", "from components.models import vae"),
        ("components.training.loop", "import mlflow.keras"),
        ("components.training.loop", "from components.datasets import arrays"),
        ("components.train", "from components.evaluate import main"),
        ("components.train", "from prefect import flow"),
        ("components.files", "from components.costs import read_costs"),
        ("flows.pipeline", "import dvc.repo"),
    ],
)
def test_the_rules_object(module: str, source: str) -> None:
    assert len(objections(module, source)) == 1


def words(source: str) -> Iterator[str]:
    """Every name and every string of a source, docstrings aside, which may speak of anything."""
    tree = ast.parse(source)
    first = [node.body[0] for node in ast.walk(tree) if isinstance(node, DOCUMENTED) and node.body]
    docstrings = {id(line.value) for line in first if isinstance(line, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
        for field in ("id", "attr", "name", "arg", "module", "asname"):
            if isinstance(word := getattr(node, field, None), str):
                yield word


def named(source: str, families: set[str]) -> set[str]:
    """The families that a source names: as words in any case, or as parts of names."""
    text = "\n".join(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower() for word in words(source))
    return {family for family in families if re.search(rf"(?<![a-z]){family}(?![a-z])", text)}


def homes(family: str) -> set[str]:
    """The modules that may name a family."""
    return {f"components.models.{family}", f"components.params.{family}", "components.params.families"}


@pytest.mark.parametrize("module", FILES)
def test_no_family_is_named_outside_its_own_files(module: str) -> None:
    strangers = {family for family in FAMILIES if module not in homes(family)}
    if module.startswith(("components.networks.", "components.params.")):
        strangers -= LAYERS
    assert named(FILES[module].read_text("utf-8"), strangers) == set()


@pytest.mark.parametrize(
    "source",
    [
        "from components.models.gan import GAN",
        "if model.name == 'gan': pass",
        "SLOW = {'ebm', 'Gan'}",
        "def train_gan(): pass",
        "class GanTrainer: pass",
        "f(gan=1)",
    ],
)
def test_a_named_family_is_found(source: str) -> None:
    assert "gan" in named(source, FAMILIES)


def test_what_only_sounds_like_a_family_is_not_one() -> None:
    assert named("'A GAN, for example.'\norgan = 'elegant'  # gan", FAMILIES) == set()


def test_no_file_is_long() -> None:
    files = [*FILES.values(), *sorted((ROOT / "tests").rglob("*.py"))]
    long = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in files}
    assert {file: lines for file, lines in long.items() if lines > LONGEST} == {}


def test_nothing_is_a_drawer() -> None:
    drawers = {"utils", "util", "helpers", "common", "misc"}
    assert [module for module in FILES if drawers & set(module.split("."))] == []

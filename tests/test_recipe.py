"""docs/families.md, followed on a copy of the repository: a new family, from its file to samples of a version."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from components.datasets.arrays import hash_arrays, write_spec
from components.params import SPLITS, ImageSpec

ROOT = Path(__file__).parents[1]
STEP = re.compile(r"^`([^`]+)`(?:, after `([^`]+)`)?:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
STEPS = """\
import sys
from importlib import import_module
for step in sys.argv[1:]:
    sys.argv = step.split()
    import_module(f"components.{sys.argv[0]}").main()
"""
"""One process for all steps: Keras is imported once."""
STRANGER = """\
import json, mlflow
model = mlflow.pyfunc.load_model("models:/pixelwise@candidate")
drawn = [model.predict({}, params={"n": 64, "seed": 7, "label": label}) for label in (0, 0, 1)]
print(json.dumps([images.tolist() for images in drawn]))
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A copy of the repository after the three steps, with data of two classes and no other model."""
    folder = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "components", folder / "components", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("params.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    follow((ROOT / "docs/families.md").read_text("utf-8"), folder)
    yaml = YAML()
    params = yaml.load(folder / "params.yaml")
    params["models"], params["sweeps"] = {"pixelwise": params["models"]["pixelwise"]}, {}
    params["reference"]["training"]["epochs"] = 3
    params["evaluation"] |= {"bootstrap": 10, "sample_seeds": 2, "samples": 100}
    yaml.dump(params, folder / "params.yaml")
    write_digits(folder / "data/arrays/digits")
    return folder


def follow(recipe: str, folder: Path) -> None:
    """Do what the page says: new files, and lines after the lines that it names."""
    steps = STEP.findall(recipe)
    assert [path for path, _, _ in steps] == [
        "components/params/pixelwise.py",
        *["components/params/families.py"] * 2,
        "components/models/pixelwise.py",
        "params.yaml",
    ]
    for path, anchor, block in steps:
        file = folder / path
        if not anchor:
            assert not file.exists()
            file.write_text(block, "utf-8")
            continue
        lines = file.read_text("utf-8").splitlines(keepends=True)
        (place,) = (number for number, line in enumerate(lines) if line.strip() == anchor)
        file.write_text("".join([*lines[: place + 1], block, *lines[place + 1 :]]), "utf-8")


def write_digits(folder: Path) -> None:
    """Images of two classes: dark ones of intensities 0 … 3, light ones of 5 … 8."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for split in SPLITS:
        labels = random.integers(0, 2, 200).astype("int16")
        images = random.integers(0, 4, (200, 4, 4, 1)) + 5 * labels[:, None, None, None]
        np.save(folder / f"{split}.npy", images.astype("uint8"))
        np.save(folder / f"{split}_labels.npy", labels)
    described = {"counts": dict.fromkeys(SPLITS, 200), "duplicates": {}, "arrays": hash_arrays(folder)}
    spec = ImageSpec(name="digits", source="x", shape=(4, 4, 1), levels=9, classes=("dark", "light"), **described)
    write_spec(folder, spec)


def run(folder: Path, *arguments: str) -> str:
    """A fresh process of the copy; what it says."""
    environment = os.environ | {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_files_keep_the_style(repository):
    files = [f"components/{room}/pixelwise.py" for room in ("params", "models")]
    run(repository, "-m", "ruff", "check", "--no-cache", *files)
    run(repository, "-m", "ruff", "format", "--check", "--no-cache", *files, "components/params/families.py")


def test_three_steps_make_a_family_that_is_trained_judged_registered_reported_and_sampled(repository):
    judges, model = ("reference digits", "baseline digits"), ("train pixelwise", "evaluate pixelwise")
    run(repository, "-c", STEPS, *judges, *model, "register pixelwise", "report")
    with (repository / "reports/table.csv").open() as file:
        floor, ceiling, row = csv.DictReader(file)
    assert [line["row"] for line in (floor, ceiling, row)] == ["floor", "ceiling", "model"]
    assert float(floor["frechet_distance"]) < float(row["frechet_distance"]) < float(ceiling["frechet_distance"])
    assert (row["model"], row["family"], row["levels"], row["parameters"]) == ("pixelwise", "pixelwise", "9", "288")
    assert float(row["log_likelihood_bits_per_dim"]) == pytest.approx(2, abs=0.1)  # four intensities, equally likely
    assert abs(float(row["energy_distance"])) < 0.05
    page = (repository / "reports/index.html").read_text("utf-8")
    assert "every pixel for itself" not in page  # the title; what stands below it is shown
    assert "naive Bayes" in page
    made = {path.name for path in (repository / "artifacts/evaluation/pixelwise").iterdir()}
    assert made >= {"samples.png", "classes.png", "nearest.png", "diagnosis.json"}

    dark, again, light = map(np.array, json.loads(run(repository, "-c", STRANGER).splitlines()[-1]))
    np.testing.assert_array_equal(dark, again)
    assert dark.shape == (64, 4, 4, 1)
    assert dark.mean() == pytest.approx(1.5 * 255 / 8, abs=10)
    assert light.mean() == pytest.approx(6.5 * 255 / 8, abs=10)

    said = run(repository, "-m", "components.sample", "pixelwise", "--label", "1", "--n", "2")
    assert (repository / said.strip()).exists()

"""A version is trained again in a clean clone of a repository of its own: same code, same data, same bytes."""

import shutil
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from components import pictures, reproduce
from components.files import write_json
from components.params import UserError
from components.registry.differences import compare_machines, compare_weights
from tests.registry.workshop import picture, register_model
from tests.workplace import make_workplace, recording, run_step

ROOT = Path(__file__).parents[1]
GRAPH = """\
stages:
  prepare:
    foreach: [squares]
    do:
      cmd: mkdir -p data/arrays && cp -r seeds/${item} data/arrays/
      deps: ["seeds/${item}"]
      outs: ["data/arrays/${item}"]
  train:
    foreach: [denoiser]
    do:
      cmd: python -m components.train ${item}
      params: [seed, "models.${item}"]
      deps: [data/arrays/squares]
      outs: ["artifacts/models/${item}", "artifacts/progress/${item}", "artifacts/curves/${item}.csv"]
"""


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def dvc(*words: str) -> None:
    run(sys.executable, "-m", "dvc", *words)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A repository with a model, trained at its commit and registered; it is the current folder."""
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch, recording(f"sqlite:///{folder}/mlflow.db"):
        patch.chdir(folder)
        make_workplace(folder)
        Path("data/arrays").rename("seeds")
        Path("dvc.yaml").write_text(GRAPH)
        shutil.copytree(ROOT / "components", "components", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / ".gitignore", folder)
        run("git", "init", "-q")
        dvc("init", "-q")
        dvc("repro", "-q", "prepare@squares")
        run("git", "add", "-A")
        run("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first")
        run_step("train", "denoiser")
        Path("artifacts/evaluation/denoiser").mkdir(parents=True)
        pictures.save(picture(0), Path("artifacts/evaluation/denoiser/samples.png"))
        write_json(Path("artifacts/metrics/denoiser.json"), {"parameters": 1})
        yield register_model("denoiser")


def test_a_version_that_is_trained_again_is_the_same_bytes(project, tmp_path, capfd):
    with pytest.raises(SystemExit) as ended:
        run_step("reproduce", "denoiser", "candidate", "--keep", str(tmp_path / "clone"))
    assert ended.value.code == 0
    said = capfd.readouterr().out.splitlines()
    assert said[0].startswith("denoiser 1: cloning commit ")
    assert said[-1] == f"denoiser 1: the same bytes, SHA-256 {project.tags['menagerie.weights']}"
    assert (tmp_path / "clone/artifacts/models/denoiser/model.safetensors").exists()
    assert len(mlflow.search_runs(search_all_experiments=True)) == 1


def test_data_that_dvc_has_not_kept_are_made_again(project, tmp_path):
    wanted, clone = project.tags["menagerie.data"], tmp_path / "clone"
    reproduce.clone(project.tags["menagerie.commit"], clone)
    run(sys.executable, "-m", "dvc", "cache", "dir", "--local", str(tmp_path / "empty"))
    try:
        assert not (clone / "data").exists()
        shutil.copy(".dvc/config.local", clone / ".dvc")
        assert reproduce.bring_data("squares", wanted, clone) == wanted
        assert (clone / "data/arrays/squares/spec.json").exists()
    finally:
        Path(".dvc/config.local").unlink()


@pytest.mark.parametrize(
    ("tags", "complaint"),
    [
        ({"commit": "unknown"}, "denoiser 1: no commit is recorded"),
        ({"dirty": "true"}, "denoiser 1: it was trained with files that commit [0-9a-f]{12} does not hold"),
        ({"commit": "0" * 40}, "denoiser 1: commit 000000000000 is not in this repository"),
    ],
)
def test_what_git_did_not_hold_is_not_trained_again(project, tags, complaint):
    client, before = mlflow.MlflowClient(), project.tags
    try:
        for key, value in tags.items():
            client.set_model_version_tag("denoiser", "1", f"menagerie.{key}", value)
        with pytest.raises(UserError, match=complaint):
            run_step("reproduce", "denoiser", "1")
    finally:
        for key in tags:
            client.set_model_version_tag("denoiser", "1", f"menagerie.{key}", before[f"menagerie.{key}"])


def test_an_unknown_version_and_a_folder_that_is_full_are_mistakes(project):
    with pytest.raises(UserError, match="denoiser has no version '7'; there are: 1, candidate"):
        run_step("reproduce", "denoiser", "7")
    with pytest.raises(UserError, match="--keep seeds: it exists; allowed: a new folder, or an empty one"):
        run_step("reproduce", "denoiser", "1", "--keep", "seeds")


def test_other_bytes_are_explained(project, tmp_path):
    for folder in ("models/denoiser", "costs"):
        shutil.copytree(Path("artifacts", folder), tmp_path / "artifacts" / folder)
    weights = tmp_path / "artifacts/models/denoiser/model.safetensors"
    tensors = load_file(weights)
    name = sorted(tensors)[0]
    save_file(tensors | {name: tensors[name] + np.float32(0.25)}, weights)
    tags = {key.removeprefix("menagerie."): value for key, value in project.tags.items()}
    said = list(reproduce.explain(project, tags | {"processor": "another"}, tmp_path))
    assert said[0].startswith("Tensors that differ: 1.")
    assert said[1].startswith(f"  {name}: 0.25, relative ")
    assert [line for line in said[2:] if line.startswith("  ")] == [said[-1]]
    assert said[-1].startswith("  processor: another then, ")


def test_weights_that_differ_are_named_by_how_much(tmp_path):
    one, other = tmp_path / "one.safetensors", tmp_path / "other.safetensors"
    weights = {"same": np.ones(3, "float32"), "off": np.array([1.0, -4.0], "float32"), "gone": np.zeros(2, "float32")}
    save_file(weights, one)
    save_file({"same": weights["same"], "off": weights["off"] + np.float32(0.5), "gone": np.zeros(3, "float32")}, other)
    found = compare_weights(one, other)
    assert [(each.tensor, each.absolute, each.relative) for each in found] == [
        ("gone", np.inf, np.inf),
        ("off", 0.5, 0.125),
    ]
    assert compare_weights(one, one) == []


def test_machines_differ_in_what_is_told_of_them():
    there = {"backend": "jax", "cores": "2", "python": "3.11.2", "seconds": "9"}
    assert compare_machines(there, {"backend": "jax", "cores": 8, "python": "3.11.2"}) == ["cores: 2 then, 8 now"]

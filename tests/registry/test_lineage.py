"""Where a model comes from."""

import subprocess
import sys
from pathlib import Path

import pytest

from components.registry.lineage import UNKNOWN, data_hash, execution, git_state, parameters_hash
from tests.workplace import make_workplace

ROOT = Path(__file__).parents[2]
DVC = """\
import subprocess, sys
child = [sys.executable, "-c", "from components.registry.lineage import execution; print(execution())"]
for _ in range(2):
    subprocess.run(["sh", "-c", " ".join(f"'{word}'" for word in child)], check=True)
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("seed: 7\n")
    git("init", "-q")
    git("add", "params.yaml")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first")
    return tmp_path


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def test_a_commit_is_clean_until_a_file_changes_or_comes(repository):
    commit = git("rev-parse", "HEAD")
    assert git_state() == (commit, "false")
    Path("new.py").touch()
    assert git_state() == (commit, "true")
    Path("new.py").unlink()
    Path("params.yaml").write_text("seed: 8\n")
    assert git_state() == (commit, "true")


def test_what_dvc_writes_makes_no_commit_dirty(repository):
    Path("dvc.lock").touch()
    Path("data").mkdir()
    Path("data/.gitignore").touch()
    assert git_state()[1] == "false"


def test_a_folder_that_git_does_not_hold_has_no_commit(repository, tmp_path_factory):
    assert git_state(tmp_path_factory.mktemp("elsewhere")) == (UNKNOWN, UNKNOWN)
    inner = repository / "unpacked"
    inner.mkdir()
    (inner / "params.yaml").touch()
    assert git_state(inner) == (UNKNOWN, UNKNOWN)


def test_the_hash_of_data_is_dvcs_and_else_that_of_its_description(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_workplace(tmp_path)
    from components.datasets.arrays import open_arrays

    spec = open_arrays(Path("data/arrays/squares")).spec
    described = data_hash(spec)
    assert len(described) == 36
    assert described != data_hash(open_arrays(Path("data/arrays/prose")).spec)
    lock = "stages:\n  prepare@squares:\n    outs:\n    - path: data/arrays/squares\n      md5: {}.dir\n"
    Path("dvc.lock").write_text(lock.format("0" * 32))
    assert data_hash(spec) == "0" * 32 + ".dir"
    Path("dvc.lock").write_text("stages:\n  prepare@squares:\n    ou")
    assert data_hash(spec) == described


def test_the_hash_of_parameters_follows_every_parameter_and_the_seed(tmp_path):
    config = make_workplace(tmp_path).models["vae"]
    other = config.model_copy(update={"latent_dim": config.latent_dim + 1})
    assert len({parameters_hash(config, 7), parameters_hash(config, 8), parameters_hash(other, 7)}) == 3


def test_the_stages_of_one_dvc_command_share_an_execution(tmp_path, monkeypatch):
    monkeypatch.delenv("MENAGERIE_EXECUTION", raising=False)
    (tmp_path / "dvc").write_text(DVC)

    def stages() -> list[str]:
        command = [sys.executable, str(tmp_path / "dvc"), "repro"]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()

    first, second = stages(), stages()
    assert len(first) == 2
    assert len({*first}) == 1
    assert first[0].startswith("dvc 20")
    assert first[0] != second[0]


def test_an_execution_can_be_named_from_outside(monkeypatch):
    monkeypatch.setenv("MENAGERIE_EXECUTION", "prefect curious-otter")
    assert execution() == "prefect curious-otter"

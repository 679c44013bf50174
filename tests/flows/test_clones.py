import shutil
from pathlib import Path

import pytest

from components.params import UserError
from flows import clones
from flows.clones import is_clone, prepare
from flows.stages import StageRunner
from tests.flows.conftest import Project

TRACKED = Path(".dvc/config")


@pytest.mark.parametrize("committed", [False, True])  # whether dvc.lock came with the clone
def test_results_go_to_the_remote_stage_by_stage_and_are_found_there(
    committed: bool, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    other = Project(tmp_path / "other")
    shutil.copytree(project.folder, other.folder)
    tracked = TRACKED.read_text()
    assert not is_clone()
    prepare(str(tmp_path / "remote"))
    assert is_clone()
    assert TRACKED.read_text() == tracked
    assert StageRunner({}, pull=True, push=True).run("make@a", 60, print).code == 0
    assert [path for path in (tmp_path / "remote" / "runs").rglob("*") if path.is_file()]

    if committed:
        shutil.copy("dvc.lock", other.folder)
    monkeypatch.chdir(other.folder)  # with nothing but the remote in common
    prepare(str(tmp_path / "remote"))
    outcome = StageRunner({}, pull=True, push=True).run("make@a", 60, print)
    assert (outcome.code, outcome.cached) == (0, True)
    assert other.exists("make_a")
    assert not (other.folder / "seen").exists()


def test_what_could_not_be_pushed_is_pushed_at_the_next_try(project: Project, tmp_path: Path):
    remote = tmp_path / "remote"
    remote.write_text("a file where the folder should be")
    prepare(str(remote))
    runner = StageRunner({}, push=True)
    outcome = runner.run("make@a", 60, print)
    assert outcome.code != 0
    assert outcome.may_pass
    remote.unlink()
    assert runner.run("make@a", 60, print).code == 0
    assert [path for path in remote.rglob("*") if path.is_file()]


def test_clones_of_one_machine_share_a_cache(project: Project, tmp_path: Path):
    prepare(str(tmp_path / "remote"), home=tmp_path / "home")
    project.dvc("repro", "make@a")
    assert [path for path in (tmp_path / "home" / "cache").rglob("*") if path.is_file()]


def test_a_worker_without_a_remote_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MENAGERIE_REMOTE", raising=False)
    with pytest.raises(UserError, match="MENAGERIE_REMOTE: not set"):
        clones.main()

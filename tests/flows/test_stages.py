import sys
import threading
from pathlib import Path

from flows.stages import Outcome, StageRunner
from tests.flows.conftest import Project, until


def test_runs_streams_and_knows_what_is_cached(project: Project):
    lines: list[str] = []
    runner = StageRunner({"MENAGERIE_EXECUTION": "one"})
    assert runner.run("make@a", 60, lines.append) == Outcome(code=0)
    assert "doing work-of-make_a" in lines
    assert runner.run("make@a", 60, lines.append) == Outcome(code=0, cached=True)
    Path("out/make_a").unlink()
    Path("dvc.lock").unlink()
    assert runner.run("make@a", 60, lines.append) == Outcome(code=0, cached=True)  # from DVC's run cache
    assert runner.run("make@a", 60, lines.append, force=True) == Outcome(code=0)


def test_failure_has_its_code_and_words(project: Project):
    project.order("make_a", "fail")
    lines: list[str] = []
    outcome = StageRunner({}).run("make@a", 60, lines.append)
    assert outcome.code != 0
    assert not outcome.timed_out
    assert "told to fail" in lines


def test_timeout_ends_the_whole_group(project: Project):
    project.order("make_a", "hang")
    outcome = StageRunner({}).run("make@a", 4, lambda line: None)
    assert outcome.timed_out
    assert outcome.code != 0
    assert not project.hanging_child_lives()
    assert not project.exists("make_a")


def test_stop_ends_all_and_starts_none(project: Project):
    project.order("make_a", "hang")
    runner = StageRunner({})
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(runner.run("make@a", 60, lambda line: None)))
    thread.start()
    until(project.hanging_child_lives)
    runner.stop()
    thread.join(30)
    assert outcomes[0].stopped
    assert not project.hanging_child_lives()
    assert runner.run("make@b", 60, lambda line: None).stopped
    assert not project.exists("make_b")
    assert project.dvc("repro", "make@b")  # no lock is left behind


def test_stages_see_their_environment(project: Project):
    Path("step.py").write_text("import os; [print(name, os.environ[name]) for name in ('PATH', 'MENAGERIE_EXECUTION')]")
    Path("dvc.yaml").write_text("stages: {only: {cmd: python step.py}}")
    lines: list[str] = []
    assert StageRunner({"MENAGERIE_EXECUTION": "the one"}).run("only", 60, lines.append).code == 0
    assert "MENAGERIE_EXECUTION the one" in lines
    assert any(line.startswith(f"PATH {Path(sys.executable).parent}") for line in lines)

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from components.params import UserError
from flows.lockfile import LockGuard

ENTRY = """\
  {name}:
    cmd: python step.py {name}
    deps:
    - path: step.py
      hash: md5
      md5: 0123456789abcdef0123456789abcdef
      size: 12
    outs:
    - path: out/{name}
      hash: md5
      md5: fedcba9876543210fedcba9876543210
      size: 34
"""


def lock_of(*names: str) -> str:
    return "schema: '2.0'\nstages:\n" + "".join(ENTRY.format(name=name) for name in names)


@pytest.fixture
def guard(tmp_path: Path) -> LockGuard:
    return LockGuard(tmp_path / "dvc.lock", tmp_path / "kept" / "dvc.lock")


def test_any_cut_is_healed(guard: LockGuard):
    whole = lock_of("train@vae", "report")
    guard.path.write_text(whole)
    assert not guard.check()
    last_entry = whole.index("  report:") + len("  report:\n    cmd: python step.py report\n")
    for length in range(last_entry):
        guard.path.write_text(whole[:length])
        assert guard.heal(), f"cut off after {length} characters"
        assert guard.path.read_text() == whole


def test_whole_file_stays(guard: LockGuard):
    guard.path.write_text(lock_of("a"))
    guard.check()
    grown = lock_of("a", "b")
    guard.path.write_text(grown)
    assert not guard.heal()
    assert guard.path.read_text() == grown
    assert not guard.check()


def test_cut_off_before_work_is_restored(guard: LockGuard):
    guard.path.write_text(lock_of("a", "b"))
    guard.keep()
    guard.path.write_text(lock_of("a", "b")[:-10])
    assert guard.check()
    assert guard.path.read_text() == lock_of("a", "b")


def test_cut_off_without_copy_is_told(guard: LockGuard):
    guard.path.write_text(lock_of("a")[:-10])
    with pytest.raises(UserError, match=r"dvc\.lock: cut off"):
        guard.check()


def test_no_file_is_no_fault_and_an_old_copy_stays_away(guard: LockGuard):
    guard.path.write_text(lock_of("a"))
    guard.keep()
    guard.path.unlink()
    assert not guard.check()
    assert not guard.heal()
    assert not guard.path.exists()


def test_an_entry_from_elsewhere_is_merged_as_dvc_writes_it(guard: LockGuard):
    entries = YAML(typ="safe").load(lock_of("a", "b"))["stages"]
    guard.merge("a", entries["a"])
    guard.merge("b", entries["b"])
    assert guard.path.read_text() == lock_of("a", "b") == guard.copy.read_text()


def test_a_cut_file_is_never_kept(guard: LockGuard):
    guard.path.write_text(lock_of("a"))
    guard.keep()
    guard.path.write_text("")
    guard.keep()
    assert guard.copy.read_text() == lock_of("a")

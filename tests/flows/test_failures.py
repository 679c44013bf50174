import pytest

from flows.failures import is_busy, may_pass

PASSING = [
    (255, ["ERROR: Unable to acquire lock. Most likely another DVC process is running"]),
    (255, ["ERROR: 'out/a' is busy, it is being blocked by:", "  (PID 7): dvc repro"]),
    (255, ["ERROR: failed to reproduce 'a': [Errno 2] No such file or directory: '/cache/runs/fe/fea9/.HQ_l.tmp'"]),
    (255, ["urllib3.exceptions.MaxRetryError: Max retries exceeded with url: /api", "… exited with 1"]),
    (255, ["sqlite3.OperationalError: database is locked", "failed to run: python x.py, exited with 1"]),
    (255, ["ConnectionRefusedError: [Errno 111] Connection refused", "failed to run: python x.py, exited with 1"]),
    (255, ["ERROR: failed to push data to the cloud - 3 files failed to upload"]),
    (255, ["failed to run: python x.py, exited with -9"]),  # killed for its memory
    (255, ["failed to run: python x.py, exited with 137"]),
    (-9, []),
]
LASTING = [
    (255, ["params.yaml:7: seed: -1 is out of range", "failed to run: python x.py, exited with 2"]),
    (255, ["Connection refused by params.yaml", "failed to run: python x.py, exited with 2"]),
    (255, ["NonFiniteLossError: loss is nan", "Connection reset", "failed to run: python x.py, exited with 1"]),
    (255, ["ZeroDivisionError: division by zero", "failed to run: python x.py, exited with 1"]),
    (255, ["ERROR: 'dvc.yaml' is invalid."]),
]


@pytest.mark.parametrize(("code", "words"), PASSING)
def test_what_may_pass_is_tried_again(code: int, words: list[str]):
    assert may_pass(code, words)


@pytest.mark.parametrize(("code", "words"), LASTING)
def test_what_will_not_pass_is_not(code: int, words: list[str]):
    assert not may_pass(code, words)


def test_busy_is_not_any_failure():
    assert [is_busy(words) for _, words in PASSING] == [True, True, True, *[False] * (len(PASSING) - 3)]

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from components.params import UserError
from flows.graph import read_graph, walk
from tests.flows.conftest import Project

TINY = {
    "make@a": [],
    "make@b": [],
    "refine@a": ["make@a"],
    "refine@b": ["make@b"],
    "report": ["refine@a", "refine@b"],
}


def sorted_edges(graph):
    return {stage: sorted(before) for stage, before in graph.items()}


def test_graph_is_dvcs(project: Project):
    assert sorted_edges(read_graph()) == TINY


def test_targets_bring_what_they_need(project: Project):
    assert read_graph(["refine@a"]) == {"make@a": [], "refine@a": ["make@a"]}
    assert set(read_graph(["make", "out/refine_b"])) == {"make@a", "make@b", "refine@b"}


def test_unknown_target_is_a_users_mistake(project: Project):
    with pytest.raises(UserError, match="nosuch") as caught:
        read_graph(["nosuch"])
    assert len(caught.value.lines) == 1


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_walk_respects_order_and_limit(limit: int):
    ended: list[str] = []
    running, most = 0, 0
    mutex = threading.Lock()

    def work(stage: str) -> str:
        nonlocal running, most
        with mutex:
            assert set(TINY[stage]) <= set(ended)
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with mutex:
            running -= 1
            ended.append(stage)
        return stage

    with ThreadPoolExecutor() as pool:

        def start(stage: str, before: list[Future]) -> Future:
            assert [future.result() for future in before] == TINY[stage]
            return pool.submit(work, stage)

        futures = walk(TINY, limit, start)
    assert sorted(ended) == sorted(TINY)
    assert {stage: future.result() for stage, future in futures.items()} == {stage: stage for stage in TINY}
    assert most <= limit

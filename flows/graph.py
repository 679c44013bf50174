"""The graph of stages, as DVC tells it, and the order in which to walk it."""

import re
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ruamel.yaml import YAML

from components.params import UserError

__all__ = ["Graph", "read_graph", "read_resources", "walk"]

Graph = dict[str, list[str]]
"""Each stage with the stages whose outputs it reads."""

DOT_LINE = re.compile(r'"([^"]+)"(?: -> "([^"]+)")?;')


def read_graph(targets: Sequence[str] = ()) -> Graph:
    """Stages of ``dvc.yaml`` that ``targets`` need: stages, groups of them or outputs; all stages where none is named.

    Raises:
        UserError: DVC cannot read the graph, or knows no such target.
    """
    graph: Graph = {}
    for target in targets or (None,):
        for name, reader in DOT_LINE.findall(_dvc_dag(target)):
            if name.endswith(".dvc"):  # a pin, as of a release: there is nothing to run
                continue
            graph.setdefault(name, [])
            if reader and name not in graph.setdefault(reader, []):
                graph[reader].append(name)
    return graph


def _dvc_dag(target: str | None) -> str:
    command = [sys.executable, "-m", "dvc", "dag", "--dot", *([target] if target else [])]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise UserError(*(line for line in answer.stderr.strip().splitlines() if line.strip()))
    return answer.stdout


def read_resources(path: Path = Path("dvc.yaml")) -> dict[str, dict[str, float]]:
    """What stages need to have to themselves, from their ``meta: {resources: …}``: ``{"train": {"GPU": 1}}``.

    A name is that of a stage or of a group of stages, the part of a stage's name before ``@``.
    """
    stages = YAML(typ="safe").load(path.read_text("utf-8"))["stages"]
    metas = {name: (definition.get("do", definition).get("meta") or {}) for name, definition in stages.items()}
    return {name: meta["resources"] for name, meta in metas.items() if "resources" in meta}


def walk(graph: Graph, limit: int, start: Callable[[str, list[Any]], Any]) -> dict[str, Any]:
    """Start every stage once the stages it reads from have ended, at most ``limit`` at a time, and wait for all.

    Args:
        graph: what to walk.
        limit: stages that run at once.
        start: takes a stage and the futures of those it reads from, and gives the stage's own future at once. A stage
            is started whether those before it ended well or badly: their futures tell it.

    Returns:
        The future of each stage, all of them done.
    """
    order = TopologicalSorter(graph)
    order.prepare()
    ready: deque[str] = deque()
    ended: SimpleQueue[str] = SimpleQueue()
    futures: dict[str, Any] = {}
    running = 0
    while order.is_active():
        ready.extend(order.get_ready())
        while ready and running < limit:
            stage = ready.popleft()
            futures[stage] = start(stage, [futures[name] for name in graph[stage]])
            futures[stage].add_done_callback(lambda _, stage=stage: ended.put(stage))
            running += 1
        order.done(ended.get())
        running -= 1
    return futures

"""What the steps before left on disk, model by model."""

import csv
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.costs import read_costs
from components.datasets.arrays import Arrays, open_arrays
from components.files import sha256
from components.params import ModelConfig, Params, UserError

__all__ = ["Result", "gather"]


@dataclass(frozen=True)
class Result:
    """All that is known of one trained model.

    Args:
        name: its name in ``params.yaml``.
        config: its section there.
        data: the data set that it was trained and judged on.
        metrics: what ``evaluate`` found, from ``artifacts/metrics``.
        costs: what it cost on this machine; empty where it was not made here.
        receipt: hashes of what it was made from, from ``artifacts/registry``; empty where it is not registered.
        curves: columns of its learning curves by name; NaN where an epoch has no value.
        files: pictures and texts of its evaluation, by stem (``samples``, ``reconstructions``, ``walk``).
        series: samples as training went on, by epoch.
    """

    name: str
    config: ModelConfig
    data: Arrays
    metrics: dict[str, Any]
    costs: dict[str, Any]
    receipt: dict[str, Any]
    curves: dict[str, list[float]]
    files: dict[str, Path]
    series: dict[int, Path]

    @property
    def conditional(self) -> bool:
        """Whether it is a model of examples given their classes."""
        return getattr(self.config, "conditional", False)


def gather(params: Params) -> list[Result]:
    """The results of every model of ``params.yaml``, in its order.

    Raises:
        UserError: a model, or its data, is missing: one line for each.
    """
    missing = [
        f"params.yaml: models.{name}: {path} is missing; `dvc repro {stage}@{name}` makes it"
        for name in params.models
        for stage, path in (("train", f"artifacts/curves/{name}.csv"), ("evaluate", f"artifacts/metrics/{name}.json"))
        if not Path(path).exists()
    ]
    if missing:
        raise UserError(*missing)
    data = {
        name: open_arrays(Path("data/arrays") / name)
        for name in dict.fromkeys(config.dataset for config in params.models.values())
    }
    return [_result(name, config, data[config.dataset]) for name, config in params.models.items()]


def _result(name: str, config: ModelConfig, data: Arrays) -> Result:
    weights = Path(f"artifacts/models/{name}/model.safetensors")
    return Result(
        name=name,
        config=config,
        data=data,
        metrics=_json(Path(f"artifacts/metrics/{name}.json")),
        costs=read_costs(name, sha256(weights)) if weights.exists() else {},
        receipt=_json(Path(f"artifacts/registry/{name}.json")),
        curves=_curves(Path(f"artifacts/curves/{name}.csv")),
        files={
            path.stem: path
            for path in sorted(Path(f"artifacts/evaluation/{name}").glob("*.*"))
            if path.suffix in (".png", ".txt")
        },
        series={
            int(number.group()): path
            for path in sorted(Path(f"artifacts/progress/{name}").glob("*.*"))
            if (number := re.search(r"\d+", path.stem))
        },
    )


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def _curves(path: Path) -> dict[str, list[float]]:
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    return {
        name: [float(line[name]) if line[name] else math.nan for line in lines] for name in (lines[0] if lines else {})
    }

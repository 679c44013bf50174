"""What the steps before left on disk, model by model."""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from components.costs import read_costs
from components.curves import read_curves
from components.datasets.arrays import Arrays, open_arrays
from components.files import sha256
from components.params import ModelConfig, Params, UserError

__all__ = ["Result", "Yardstick", "gather"]


@dataclass(frozen=True)
class Yardstick:
    """What metrics of samples of one data set are read by.

    Args:
        baselines: metrics of what no model made, as if it were a model's samples, by name: a floor (``training
            images``) and a ceiling (``noise``).
        reference: accuracy and hash of the classifier in whose features distances are measured.
    """

    baselines: dict[str, dict[str, Any]] = field(default_factory=dict)
    reference: dict[str, Any] = field(default_factory=dict)


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
        quality: how good they were, in columns like those of the curves.
        diagnosis: what is wrong with the run, from ``artifacts/evaluation``; None where nobody looked.
        yardstick: what its metrics are read by.
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
    quality: dict[str, list[float]] = field(default_factory=dict)
    diagnosis: list[dict[str, Any]] | None = None
    yardstick: Yardstick = field(default_factory=Yardstick)

    @cached_property
    def numbers(self) -> dict[str, Any]:
        """Metrics, and beside them the costs under ``costs``, with what a thousand samples take."""
        sampling = dict(self.costs.get("sampling", {}))
        if rate := sampling.get("samples_per_second"):
            sampling["seconds_per_thousand_samples"] = 1000 / rate
        work = {name: sampling[name] for name in ("flops_per_thousand_samples",) if name in sampling}
        return {**work, **self.metrics, "costs": {**self.costs, "sampling": sampling}}

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
    yardsticks = {
        name: Yardstick(
            _json(Path(f"artifacts/metrics/baselines/{name}.json")),
            _json(Path(f"artifacts/metrics/reference/{name}.json")),
        )
        for name in data
    }
    return [
        _result(name, config, data[config.dataset], yardsticks[config.dataset])
        for name, config in params.models.items()
    ]


def _result(name: str, config: ModelConfig, data: Arrays, yardstick: Yardstick) -> Result:
    weights = Path(f"artifacts/models/{name}/model.safetensors")
    evaluation = Path("artifacts/evaluation") / name
    return Result(
        name=name,
        config=config,
        data=data,
        metrics=_json(Path(f"artifacts/metrics/{name}.json")),
        costs=read_costs(name, sha256(weights)) if weights.exists() else {},
        receipt=_json(Path(f"artifacts/registry/{name}.json")),
        curves=read_curves(Path(f"artifacts/curves/{name}.csv")),
        files={path.stem: path for path in sorted(evaluation.glob("*.*")) if path.suffix in (".png", ".txt")},
        series={
            int(number.group()): path
            for path in sorted(Path(f"artifacts/progress/{name}").glob("*.*"))
            if (number := re.search(r"\d+", path.stem))
        },
        quality=read_curves(evaluation / "quality.csv"),
        diagnosis=_json(diagnosis) if (diagnosis := evaluation / "diagnosis.json").exists() else None,
        yardstick=yardstick,
    )


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8")) if path.exists() else {}

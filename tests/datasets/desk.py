"""A desk to run the data steps on: parameters with one data set, sources for it, and the steps themselves."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from components.params import Dataset, load

__all__ = ["make_dataset", "run_step_in", "write_params", "write_picture"]

COMMITTED = Path(__file__).parents[2] / "params.yaml"


def make_dataset(kind: str, source: str | Path, **more: Any) -> Dataset:
    """Parameters of a data set, with a tenth each for validation and test."""
    shares = {"validation": 0.1, "test": 0.1}
    return Dataset(**{"kind": kind, "source": str(source), "watch": str(source), **shares, **more})


def write_params(folder: Path, **datasets: Dataset) -> None:
    """The committed parameters with these data sets added, as ``params.yaml``, which may be JSON."""
    params = load(COMMITTED).model_dump(mode="json", exclude_unset=True)
    params["datasets"] |= {
        key: dataset.model_dump(mode="json", exclude_unset=True) for key, dataset in datasets.items()
    }
    (folder / "params.yaml").write_text(json.dumps(params, indent=1), encoding="utf-8")


def run_step_in(folder: Path, main: Any, key: str) -> None:
    """Run a step's ``main`` as its command does, in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["step", key])
        main()


def write_picture(path: Path, seed: int, size: tuple[int, int] = (8, 8), mode: str = "L") -> np.ndarray:
    """A picture of noise as PNG or JPEG; what was drawn, ``uint8[H, W]`` or ``uint8[H, W, 3]``."""
    shape = size if mode == "L" else (*size, 3)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels

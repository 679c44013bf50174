"""What each metric of samples makes of real images that are spoilt more and more.

    python -m benchmarks.corruptions digits --picture docs/corruptions.svg

Training images are blurred, covered with noise, or lack whole classes, and are judged as a model's samples are, at one
number of images throughout. The data set is prepared, and so are its reference classifier and its baselines
(``dvc repro baseline@digits``); their rows are the picture's floor and ceiling.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from components.datasets.arrays import Arrays, open_arrays
from components.evaluation.reference import open_eye
from components.evaluation.samples import Judge
from components.params import Evaluation, ImageSpec, load

__all__ = ["CORRUPTIONS", "Corruption", "Pool", "judged", "main"]

COLOURS = "#3b8fd9", "#d9702b", "#9467bd"
LINES = ("ceiling", ImageSpec.ceiling, "#d64550", ":"), ("floor", ImageSpec.floor, "#2ca05a", "--")
INK = "#808080"  # is read on white and on black, as the others are
COLUMNS = 4
METRICS = {
    "frechet_distance": "Fréchet classifier distance",
    "frechet_distance_infinite": "… of infinitely many samples",
    "kernel_distance": "kernel distance",
    "energy_distance": "energy distance (pixels)",
    "precision": "precision",
    "recall": "recall",
    "density": "density",
    "coverage": "coverage",
    "class_entropy": "class entropy (nats)",
    "class_distance": "class distance",
    "classes_found": "classes found",
    "diversity": "diversity (pixels)",
}


@dataclass(frozen=True)
class Pool:
    """Real images in no order, of which the first are spoilt.

    Args:
        images: intensities ``uint8[N, H, W, C]`` of ``0 … levels - 1``.
        labels: their classes, ``int[N]``.
        levels: number of intensities.
        size: how many spoilt images are asked for.
    """

    images: np.ndarray
    labels: np.ndarray
    levels: int
    size: int

    def blurred(self, sigma: float) -> np.ndarray:
        """Under a Gaussian whose standard deviation is ``sigma`` pixels."""
        return self._intensities(gaussian_filter(self._unit(), (0, sigma, sigma, 0), mode="constant"))

    def noisy(self, sigma: float) -> np.ndarray:
        """With Gaussian noise of standard deviation ``sigma`` on pixels in [0, 1], of the same draws for each."""
        unit = self._unit()
        return self._intensities(unit + sigma * np.random.default_rng(0).standard_normal(unit.shape))

    def without(self, classes: float) -> np.ndarray:
        """Without the last classes, and with more of the others in their place."""
        kept = self.images[self.labels < self.labels.max() + 1 - classes]
        if len(kept) < self.size:
            raise ValueError(f"{len(kept)} images are left without {classes:g} classes; {self.size} are asked for")
        return kept[: self.size]

    def _unit(self) -> np.ndarray:
        return self.images[: self.size] / (self.levels - 1)

    def _intensities(self, unit: np.ndarray) -> np.ndarray:
        return np.rint(np.clip(unit, 0, 1) * (self.levels - 1)).astype(np.uint8)


@dataclass(frozen=True)
class Corruption:
    """A way to spoil images.

    Args:
        of: a pool at a strength.
        strengths: ascending, from none.
        unit: what a strength is.
    """

    of: Callable[[Pool, float], np.ndarray]
    strengths: tuple[float, ...]
    unit: str


CORRUPTIONS = {
    "blur": Corruption(Pool.blurred, (0, 0.4, 0.6, 0.8, 1.0, 1.3, 1.6), "pixels"),
    "noise": Corruption(Pool.noisy, (0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8), "of the range of intensities"),
    "dropped classes": Corruption(Pool.without, (0, 1, 2, 3, 4, 5, 6, 7), "classes"),
}


def judged(judge: Judge, pool: Pool, corruption: Corruption) -> list[dict[str, Any]]:
    """The metrics of spoilt images, strength by strength."""
    return [judge([corruption.of(pool, strength)], new=False) for strength in corruption.strengths]


def main() -> None:
    """Judge spoilt images of the data set that the command line names; print the numbers, and draw them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corruptions", description=__doc__.splitlines()[0])
    parser.add_argument("dataset", metavar="DATASET", help="an image data set of params.yaml that has classes")
    parser.add_argument("--picture", metavar="PATH", type=Path, help="where the curves are drawn, as SVG or PNG")
    asked = parser.parse_args()
    params = load()
    options, data = params.evaluation, open_arrays(Path("data/arrays") / asked.dataset)
    folder = Path("artifacts/reference") / asked.dataset
    judge = Judge(data, folder, open_eye(folder, options.batch_size), options, params.seed)
    pool = _pool(data, options, params.seed)
    curves = {name: judged(judge, pool, corruption) for name, corruption in CORRUPTIONS.items()}
    for name, rows in curves.items():
        _tell(name, CORRUPTIONS[name], rows)
    if asked.picture:
        baselines = json.loads(Path(f"artifacts/metrics/baselines/{asked.dataset}.json").read_text("utf-8"))
        _draw(curves, baselines, asked.picture)


def _pool(data: Arrays, options: Evaluation, seed: int) -> Pool:
    train, labels = data.split("train"), data.labels("train")
    if labels is None or not isinstance(data.spec, ImageSpec):
        raise SystemExit(f"{data.folder}: has no classes that could be dropped")
    order = np.random.default_rng(seed).permutation(len(train))
    return Pool(train[order], labels[order], data.spec.levels, options.samples)


def _tell(name: str, corruption: Corruption, rows: list[dict[str, Any]]) -> None:
    print(f"{name}, {corruption.unit}".ljust(30) + "".join(f"{strength:>18g}" for strength in corruption.strengths))
    for metric in METRICS:
        print(metric.ljust(30) + "".join(_spoken(**row[metric]).rjust(18) for row in rows))
    print()


def _spoken(mean: float, standard_error: float | None, **_: Any) -> str:
    return f"{mean:.4g}" if standard_error is None else f"{mean:.4g} ± {standard_error:.2g}"


def _draw(curves: Mapping[str, list[dict[str, Any]]], baselines: dict[str, dict[str, Any]], path: Path) -> None:
    """A panel a metric, a line a corruption, and the baselines' rows across; the same bytes for the same numbers."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams |= {"svg.hashsalt": "corruptions", "svg.fonttype": "none", "font.size": 8, "text.color": INK}
    mpl.rcParams |= {"axes.edgecolor": INK, "xtick.color": INK, "ytick.color": INK, "axes.linewidth": 0.6}
    lines = -(-len(METRICS) // COLUMNS)
    figure = Figure(figsize=(2.35 * COLUMNS, 1.75 * lines + 0.45), layout="constrained")
    for panel, (metric, title) in zip(figure.subplots(lines, COLUMNS).flat, METRICS.items(), strict=True):
        for label, kind, colour, style in LINES:
            height = baselines[kind][metric]["mean"]
            panel.axhline(height, color=colour, linestyle=style, linewidth=1.2, label=f"{label}: {kind}")
        for (name, rows), colour in zip(curves.items(), COLOURS, strict=True):
            strengths = np.array(CORRUPTIONS[name].strengths) / CORRUPTIONS[name].strengths[-1]
            means = np.array([row[metric]["mean"] for row in rows])
            errors = np.array([row[metric]["standard_error"] or 0.0 for row in rows])
            panel.plot(strengths, means, color=colour, marker="o", markersize=2.5, linewidth=1.3, label=name)
            panel.fill_between(strengths, means - errors, means + errors, color=colour, alpha=0.25, linewidth=0)
        panel.set_title(title, fontsize=8.5)
        panel.set_xticks([0, 1], ["none", "most"])
        panel.spines[["top", "right"]].set_visible(False)
        panel.patch.set_alpha(0)
    handles, labels = panel.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, transparent=True, dpi=160, metadata={"Date": None} if path.suffix == ".svg" else None)


if __name__ == "__main__":
    main()

"""What a sweep found: a table of its trials, pictures, and the best parameters as a difference to ``params.yaml``."""

import difflib
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from components.params.editing import edited
from flows.study import Study

__all__ = ["best_so_far", "difference", "draw", "table", "tuned"]


def table(study: Study) -> str:
    """All trials as a Markdown table, in their order; the best is marked."""
    best = study.best
    head = ["trial", study.sweep.objective, "epochs", "outcome", *study.sweep.space]
    rows = [[*_ending(trial, best), *_shown(study, trial)] for trial in study.trials]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def tuned(study: Study, text: str) -> str:
    """The text of ``params.yaml`` with the parameters of the best trial; as it is where no trial came to its end."""
    best = study.best
    if best is None:
        return text
    values = study.values(best.params)
    return edited(text, {("models", study.sweep.model, *key.split(".")): value for key, value in values.items()})


def difference(study: Study, text: str) -> str:
    """The best parameters as a unified difference to ``params.yaml``, for ``git apply``; empty where it has them."""
    lines = text.splitlines(keepends=True), tuned(study, text).splitlines(keepends=True)
    return "".join(difflib.unified_diff(*lines, "a/params.yaml", "b/params.yaml"))


def best_so_far(study: Study) -> dict[int, float]:
    """The lowest value, by the number of each trial that came to its end."""
    best: dict[int, float] = {}
    for trial in study.trials:
        if trial.state == TrialState.COMPLETE and trial.value is not None:
            best[trial.number] = min([trial.value, *best.values()])
    return best


def draw(study: Study, folder: Path) -> None:
    """Pictures: values in the order of the trials, by each parameter, and by epoch; nothing without a full trial."""
    if study.best is None:
        return
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from optuna.visualization import matplotlib as plots

    pictures: dict[str, Callable[..., Any]] = {
        "history": partial(plots.plot_optimization_history, target_name=study.sweep.objective),
        "parameters": partial(plots.plot_slice, target_name=study.sweep.objective),
        "epochs": plots.plot_intermediate_values,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # experimental, says Optuna, and an axis of one value is no range
        for name, plot in pictures.items():
            plot(study.study)
            pyplot.gcf().savefig(folder / f"{name}.png", bbox_inches="tight")
            pyplot.close("all")


def _ending(trial: FrozenTrial, best: FrozenTrial | None) -> list[str]:
    mark = "**" if best is not None and trial.number == best.number else ""
    value = f"{mark}{trial.value:.5g}{mark}" if trial.value is not None else ""
    return [f"{mark}{trial.number}{mark}", value, str(trial.last_step or ""), trial.state.name.lower()]


def _shown(study: Study, trial: FrozenTrial) -> list[str]:
    drawn: Mapping[str, Any] = study.values(trial.params) if study.sweep.space.keys() <= trial.params.keys() else {}
    return [str(drawn.get(key, "")) for key in study.sweep.space]

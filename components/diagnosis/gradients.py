"""Gradients that do not arrive, that grow without bound, or that are no numbers.

Glorot and Bengio, *Understanding the difficulty of training deep feedforward neural networks*,
https://proceedings.mlr.press/v9/glorot10a.html: a gradient that each layer makes smaller leaves the first ones where
they began. Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural networks*,
https://arxiv.org/abs/1211.5063: one that each step makes larger undoes in one update what was learned before, and is
cured by a limit to its norm. Norms are those before that limit, as means over an epoch: of the whole gradient of a
player, and of the first and the last of its matrices.
"""

from collections.abc import Iterator

import numpy as np

from components.diagnosis.evidence import Evidence
from components.diagnosis.finding import Finding, cures

__all__ = ["exploding_gradients", "non_finite", "vanishing_gradients"]

VANISHED = 1e-3
"""Part of the gradient's norm at the first matrix, or of its early norm at the end, below which it has vanished. A
network of 100 matrices that all have their share gives the first one a tenth; the default models of this repository
give it from 0.01 (a flow) to 0.9 over a training, and the least that one ends with is 0.36 of what it began with."""

EXPLODED = 1e3
"""The same the other way round: the first matrix over the last, or the worst epoch over the usual one."""

LET_THROUGH = {
    "normalization": "layer",
    "generator.normalization": "batch",
    "discriminator.normalization": "layer",
    "widths": "fewer layers",
    "layers": "fewer",
    "activation": "silu",
    "loss": "non_saturating",
}
HOLD = {
    "training.optimizer.clip_norm": "1.0",
    "training.optimizer.learning_rate": "lower",
    "training.optimizer.warmup_steps": "more",
    "normalization": "layer",
}
COUNT = {"training.precision": "float32", **HOLD}


def vanishing_gradients(evidence: Evidence) -> Iterator[Finding]:
    """A player's gradient vanishes on its way to the first matrix, or with time."""
    for player in evidence.players:
        whole, first = (_median(evidence, player, which) for which in ("", "first"))
        early, late = (when(evidence.gradients(player)) for when in (evidence.early, evidence.late))
        if whole and first is not None and first < VANISHED * whole:
            yield Finding(
                "vanishing_gradients",
                "error",
                f"the gradient of {player} vanishes with depth: of a norm of {whole:.3g} as a whole, {first:.3g} comes "
                "to the first matrix, so the first layers stay as they were initialised.",
                _numbers(evidence, player),
                cures(evidence.config, LET_THROUGH),
            )
        elif early and late is not None and late < VANISHED * early:
            yield Finding(
                "vanishing_gradients",
                "warning",
                f"the gradient of {player} vanishes as training goes on, from a norm of {early:.3g} to {late:.3g}: "
                "nothing more is learned.",
                _numbers(evidence, player) | {"early": early, "late": late},
                cures(evidence.config, LET_THROUGH),
            )


def exploding_gradients(evidence: Evidence) -> Iterator[Finding]:
    """A player's gradient grows on its way to the first matrix, or in single epochs."""
    for player in evidence.players:
        first, last = (_median(evidence, player, which) for which in ("first", "last"))
        norms = evidence.curve(evidence.gradients(player))
        worst, usual = (float(of(norms[np.isfinite(norms)])) if len(norms) else 0.0 for of in (np.max, np.median))
        numbers = _numbers(evidence, player) | {"worst": worst}
        if last and first is not None and first > EXPLODED * last:
            seen = f"with depth: its norm is {last:.3g} at the last matrix and {first:.3g} at the first"
        elif usual and worst > EXPLODED * usual:
            seen = f"in some epochs: its norm is {usual:.3g} in most and {worst:.3g} in the worst"
        else:
            continue
        yield Finding(
            "exploding_gradients",
            "warning",
            f"the gradient of {player} explodes {seen}.",
            numbers,
            cures(evidence.config, HOLD),
        )


def non_finite(evidence: Evidence) -> Iterator[Finding]:
    """A column that has values has some that are infinite or no numbers.

    In half precision a gradient may be infinite now and then: its update is left out, and the loss is scaled anew.
    """
    half = evidence.config.training.precision == "mixed_float16"
    wrong = {}
    for name in evidence.curves:
        values = evidence.curve(name)
        if (count := int((~np.isfinite(values)).sum())) and not (half and "grad_norm" in name):
            wrong[name] = float(count)
    if wrong:
        yield Finding(
            "non_finite",
            "error",
            f"not every epoch has a finite {', '.join(wrong)}: training broke.",
            {f"epochs_without_{name}": count for name, count in wrong.items()},
            cures(evidence.config, COUNT),
        )


def _median(evidence: Evidence, player: str, which: str) -> float | None:
    norms = evidence.curve(evidence.gradients(player, which))
    return float(np.median(norms[np.isfinite(norms)])) if len(norms) else None


def _numbers(evidence: Evidence, player: str) -> dict[str, float]:
    medians = {evidence.gradients(player, which): _median(evidence, player, which) for which in ("", "first", "last")}
    return {name: value for name, value in medians.items() if value is not None}

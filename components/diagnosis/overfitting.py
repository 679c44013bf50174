"""Learning examples by heart: what is held out gets worse while training examples get better.

Only the loss on held-out examples of what is also descended on can say it. Where the two are of different things (a
distance of samples, which players that take turns are chosen by; a difference of energies) a critic's estimate may.
"""

from collections.abc import Iterator

import numpy as np

from components.diagnosis.evidence import Evidence
from components.diagnosis.finding import Finding, cures

__all__ = ["critic_overfits", "overfitting"]

LOST = 0.1
"""Part of what training had won on held-out examples that is lost again by its end: the scatter of a loss from one
epoch to the next is smaller than that."""

APART = 0.5
"""Part of a critic's estimate of the distance that it does not find between samples and held-out images."""

STOP = {
    "training.best_weights": "true",
    "training.early_stopping": "10",
    "training.epochs": "fewer",
    "training.optimizer.weight_decay": "0.0001, with adamw",
    "dropout": "0.2",
    "widths": "narrower",
    "units": "fewer",
    "width": "narrower",
}
SIMPLER = {
    "critic.dropout": "0.3",
    "critic.widths": "narrower",
    "n_critic": "fewer",
    "penalty": "more",
    "training.epochs": "fewer",
}


def overfitting(evidence: Evidence) -> Iterator[Finding]:
    """The validation loss turned long before the end; a note where the weights are those of its turn."""
    train, held_out = evidence.curve("loss"), evidence.curve("val_loss")
    if len(train) != len(held_out) or len(train) < 2 or len(evidence.curve("energy_gap")):
        return
    turn = int(np.nanargmin(held_out))
    won, lost = held_out[0] - held_out[turn], evidence.late("val_loss") - held_out[turn]
    if not (lost > LOST * won and train[-1] < train[turn]):
        return
    kept = evidence.config.training.best_weights
    epoch = evidence.curve("epoch")[turn] if len(evidence.curve("epoch")) else turn + 1
    yield Finding(
        "overfitting",
        "note" if kept else "warning",
        f"over-fitting: after epoch {epoch:.0f} the validation loss rises again, from {held_out[turn]:.4g} to "
        f"{held_out[-1]:.4g}, while the training loss falls from {train[turn]:.4g} to {train[-1]:.4g}; "
        f"{'those of the turn' if kept else 'the last'} are the weights that are kept.",
        {
            "epoch": float(epoch),
            "val_loss_least": float(held_out[turn]),
            "val_loss_last": float(held_out[-1]),
            "loss_then": float(train[turn]),
            "loss_last": float(train[-1]),
        },
        cures(evidence.config, STOP),
    )


def critic_overfits(evidence: Evidence) -> Iterator[Finding]:
    """A critic's estimate of the distance holds for the examples that it was trained on, and for no others.

    Gulrajani et al., *Improved Training of Wasserstein GANs*, https://arxiv.org/abs/1704.00028.
    """
    seen, held_out = evidence.late("wasserstein"), evidence.late("val_wasserstein")
    if seen is None or held_out is None or seen <= 0 or seen - held_out <= APART * seen:
        return
    yield Finding(
        "critic_overfits",
        "warning",
        f"the critic has learned its examples by heart: it puts samples {seen:.3g} from training images and "
        f"{held_out:.3g} from held-out ones.",
        {"wasserstein": seen, "val_wasserstein": held_out},
        cures(evidence.config, SIMPLER),
    )

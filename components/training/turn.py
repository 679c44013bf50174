"""The step: each player in turn takes the gradient of its loss and moves."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
from keras import ops

from components.backend import apply_gradients, repeated, value_and_grad
from components.models.contract import Player
from components.training.optimizers import MovingAverage

__all__ = ["make_turn"]


def make_turn(
    players: Sequence[Player],
    optimizers: Sequence[keras.optimizers.Optimizer],
    turns: keras.Variable,
    variables: Sequence[keras.Variable],
    average: MovingAverage | None = None,
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """One turn of all players, as a function of its batches.

    Args:
        players: who moves, in order.
        optimizers: how each moves.
        turns: counts the turns.
        variables: everything that an update may write: weights, what the model carries, the optimisers' state.
        average: the moving average to update at the end of a turn.

    Returns:
        ``turn(batches)``: ``batches`` maps names to arrays ``[updates, B, …]``; update ``k`` of every player sees batch
        ``k``. Gives named scalars: each player's loss and what else it records, as means over its updates, and the
        Euclidean norms of its gradient: of the whole, of the first and of the last of its matrices.
    """

    def turn(batches):
        record: dict[str, Any] = {}
        for player, optimizer in zip(players, optimizers, strict=True):
            step = partial(_update, player, optimizer, step=turns.value)
            if player.updates == 1:
                record |= step({name: array[0] for name, array in batches.items()})
            else:
                seen = {name: array[: player.updates] for name, array in batches.items()}
                updates = repeated(step, variables)(seen, player.updates)
                record |= {name: ops.mean(values) for name, values in updates.items()}
        turns.assign_add(1)
        if average is not None:
            average.update(turns.value)
        return record

    return turn


def _update(player: Player, optimizer: keras.optimizers.Optimizer, batch: dict[str, Any], step: Any) -> dict[str, Any]:
    def scaled(batch):
        loss, logs = player.loss(batch, step)
        return optimizer.scale_loss(loss), {player.name: loss, **logs}

    (_, record), gradients = value_and_grad(scaled, player.variables)(batch)
    apply_gradients(optimizer, gradients, player.variables)
    return record | _norms(player, gradients, optimizer.scale_loss(1.0))


def _norms(player: Player, gradients: Sequence[Any], scale: Any) -> dict[str, Any]:
    squares = [ops.sum(ops.square(ops.cast(gradient, "float32") / scale)) for gradient in gradients]
    matrices = [i for i, gradient in enumerate(gradients) if len(gradient.shape) > 1] or [0]
    prefix = "" if player.name == "loss" else f"{player.name}_"
    return {
        f"{prefix}grad_norm": ops.sqrt(sum(squares)),
        f"{prefix}grad_norm_first": ops.sqrt(squares[matrices[0]]),
        f"{prefix}grad_norm_last": ops.sqrt(squares[matrices[-1]]),
    }

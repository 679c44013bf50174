"""Questions to a model of text."""

from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from numpy.lib.stride_tricks import sliding_window_view

from components import pictures
from components.backend import compiled, in_batches
from components.metrics import Moments, bits_per_character, perplexity
from components.models.contract import Family, HasGates, ReadsWindows
from components.params import TextSpec, UserError

__all__ = ["measure", "show"]

EXCERPT = 110  # characters of a text that gates are watched at
UNITS = 6  # units of each gate that a picture shows


def measure(model: Family, tokens: np.ndarray) -> dict[str, Any]:
    """How well ``model`` predicts a held-out text, each counted character from as much before it as may be.

    Args:
        model: a trained model of text.
        tokens: the test split, ``[N]``; memory-mapped it stays on disk.

    Returns:
        Bits per character and perplexity of ``characters`` counted ones. The standard error is over blocks of
        ``block_characters``.
    """
    size = model.config.training.batch_size
    if isinstance(model, ReadsWindows):
        nats, block = read_in_windows(model, tokens, size)
    else:
        nats, block = read_in_streams(model, tokens, size, model.config.sequence_length)
    bits = bits_per_character(nats, block)
    return {
        "bits_per_character": bits,
        "perplexity": perplexity(bits),
        "characters": nats.count * block,
        "block_characters": block,
    }


def read_in_streams(model: Family, tokens: np.ndarray, streams: int, length: int) -> tuple[Moments, int]:
    """Log-likelihoods of blocks of a text that a model reads from one end to the other.

    The text is cut into ``streams`` stretches that are read side by side, each with what the model carries along it.
    Each stretch is begun a batch early, in the characters before it, and those are not counted: no counted character
    is predicted from nothing. That leaves out the first batch of the text, and the few characters that fill no batch.

    Args:
        model: a trained model of streams.
        tokens: ``[N]``.
        streams: stretches read side by side.
        length: most characters that a stretch goes on in a batch.

    Returns:
        Nats of batches, each a block of consecutive characters from each stretch, and characters of a block.
    """
    length = min(length, (len(tokens) - 1) // (streams + 1))
    if length < 1:
        raise UserError(f"a test split of {len(tokens)} characters is too short to be read in {streams} streams")
    stride = (len(tokens) - 1 - length) // streams
    turns = -(-stride // length)
    length = stride // turns
    columns = np.arange(streams)[:, None] * stride + np.arange(length + 1)

    loss = compiled(lambda batch: model.validate({"tokens": batch})["loss"], model.variables)
    block, nats = streams * length, Moments()
    compiled(model.begin_epoch, model.variables)()
    for turn in range(turns + 1):
        mean = float(ops.convert_to_numpy(loss(tokens[columns + turn * length])))
        if turn > 0:
            nats.add(np.array([-mean * block]))
    return nats, block


def read_in_windows(model: Any, tokens: np.ndarray, size: int) -> tuple[Moments, int]:
    """Log-likelihoods of blocks of a text that a model reads in windows that overlap by half.

    Of each window the later half of the characters is counted: each of them has at least half a context before it. That
    leaves out the first half of a context of the text, and the few characters that fill no window.

    Args:
        model: a trained model that :class:`ReadsWindows <components.models.contract.ReadsWindows>`.
        tokens: ``[N]``.
        size: windows in a batch.

    Returns:
        Nats of later halves of windows, each a block of consecutive characters, and characters of a block.
    """
    context = min(model.context, len(tokens) - 1)
    if context < 1:
        raise UserError(f"a test split of {len(tokens)} characters is too short to be read")
    block = (context + 1) // 2
    later = compiled(lambda windows: ops.sum(model.window_nats(windows)[:, -block:], axis=1), model.variables)
    return Moments(-in_batches(later, sliding_window_view(tokens, context + 1)[::block], size=size)), block


def show(model: Family, tokens: np.ndarray, folder: Path) -> None:
    """Write what can be seen of a model that reads the beginning of a text.

    Of a model with gates that is ``gates.npz``, with ``tokens[T]`` and for each gate ``float32[T, layers, units]``, and
    ``gates.png`` of the units of each gate that vary most.
    """
    spec = model.spec
    if not isinstance(model, HasGates) or not isinstance(spec, TextSpec):
        return
    read = np.asarray(tokens[:EXCERPT])
    opened = compiled(model.gates, model.variables)(read[None])
    gates = {name: ops.convert_to_numpy(gate)[0] for name, gate in sorted(opened.items())}
    np.savez(folder / "gates.npz", tokens=read, **gates)
    panels = {f"{name} gate": _most_varying(gate) for name, gate in gates.items()}
    pictures.save(pictures.heat_maps(panels, spec.text(read)), folder / "gates.png")


def _most_varying(gate: np.ndarray) -> dict[str, np.ndarray]:
    layers, units = gate.shape[1:]
    flat = gate.reshape(len(gate), -1)
    chosen = np.sort(np.argsort(-flat.std(axis=0), kind="stable")[:UNITS])
    layer = "layer {}, " if layers > 1 else ""
    return {f"{layer.format(i // units + 1)}unit {i % units + 1}": flat[:, i] for i in chosen}

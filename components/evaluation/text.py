"""What a model knows of a held-out text, and what its samples tell, in numbers."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from numpy.lib.stride_tricks import sliding_window_view

from components import pictures
from components.backend import compiled, in_batches
from components.metrics import Moments, bits_per_character, perplexity
from components.metrics.ngrams import copied_lengths, distinct, longest_copied_run, novelty
from components.models.contract import Family, HasGates, ReadsWindows
from components.params import TextSpec, UserError

__all__ = ["baselines", "measure", "measure_samples", "show"]

EXCERPT = 110  # characters of a text that gates are watched at
UNITS = 6  # units of each gate that a picture shows
GRAMS = (4, 8, 16)  # characters: of a word; where most of what is written becomes new; of a phrase


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


def measure_samples(sets: Sequence[np.ndarray], train: np.ndarray, grams: Sequence[int] = GRAMS) -> dict[str, Any]:
    """How varied sampled texts are, and how much of them was copied.

    Args:
        sets: independent sets of samples, each ``int[N, L]``.
        train: the training split, ``[M]``; memory-mapped it stays on disk.
        grams: the characters of the n-grams; those longer than a text are left out.

    Returns:
        ``distinct_n``, the mean over sets of ``texts`` texts (it depends on their number), ``novelty_n`` and
        ``longest_copied_run`` over the texts of all sets.
    """
    lengths = copied_lengths(np.concatenate(sets), train)
    metrics: dict[str, Any] = {"longest_copied_run": longest_copied_run(lengths), "texts": len(sets[0])}
    for n in grams:
        if n <= lengths.shape[1]:
            metrics[f"distinct_{n}"] = _mean_of_sets([distinct(texts, n) for texts in sets])
            metrics[f"novelty_{n}"] = novelty(lengths, n)
    return metrics


def baselines(
    test: np.ndarray, train: np.ndarray, characters: int, shape: tuple[int, int], seed: int
) -> dict[str, dict[str, Any]]:
    """What texts tell that no model wrote, by the same functions.

    Args:
        test: the test split.
        train: the training split.
        characters: entries of the vocabulary.
        shape: ``(N, L)`` of a set of samples; a test split that holds fewer texts gives those.
        seed: of the noise.

    Returns:
        The floor ``test``, stretches spread evenly over the test split that do not overlap, and the ceiling
        ``uniform``, entries of the vocabulary drawn uniformly, with the bits and the perplexity of that guess.
    """
    length = min(shape[1], len(test))
    count = min(shape[0], len(test) // length)
    starts = np.arange(count) * (len(test) // count)
    noise = np.random.default_rng(seed).integers(characters, size=shape)
    bits: dict[str, float | None] = {"mean": math.log2(characters), "standard_error": 0.0}
    return {
        "test": measure_samples([np.asarray(test)[starts[:, None] + np.arange(length)]], train),
        "uniform": measure_samples([noise], train) | {"bits_per_character": bits, "perplexity": perplexity(bits)},
    }


def _mean_of_sets(found: Sequence[dict[str, Any]]) -> dict[str, float | None]:
    errors = [value["standard_error"] for value in found]
    mean = sum(value["mean"] for value in found) / len(found)
    return {"mean": mean, "standard_error": None if None in errors else math.hypot(*errors) / len(found)}


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

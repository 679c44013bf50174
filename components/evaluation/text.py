"""Questions to a model of text."""

from typing import Any

import numpy as np
from keras import ops

from components.backend import compiled
from components.metrics import Moments, bits_per_character, perplexity
from components.models.contract import Family
from components.params import UserError

__all__ = ["measure"]


def measure(model: Family, tokens: np.ndarray, streams: int, length: int) -> dict[str, Any]:
    """How well ``model`` predicts a held-out text that it reads from one end to the other.

    The text is cut into ``streams`` stretches that are read side by side, each with what the model carries along it.
    Each stretch is begun a batch early, in the characters before it, and those are not counted: no counted character
    is predicted from nothing. That leaves out the first batch of the text, and the few characters that fill no batch.

    Args:
        model: a trained model of streams.
        tokens: the test split, ``[N]``; memory-mapped it stays on disk.
        streams: stretches read side by side.
        length: most characters that a stretch goes on in a batch.

    Returns:
        Bits per character and perplexity. The standard error is over batches, each of them ``block_characters``
        characters: consecutive ones, from each stretch.
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
    bits = bits_per_character(nats, block)
    return {
        "bits_per_character": bits,
        "perplexity": perplexity(bits),
        "characters": turns * block,
        "block_characters": block,
    }

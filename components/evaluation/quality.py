"""How good samples were as training went on."""

from pathlib import Path

import numpy as np

from components.evaluation.samples import Judge

__all__ = ["follow"]


def follow(progress: Path, judge: Judge) -> list[dict[str, float]]:
    """A row for each epoch whose samples training has kept: how far they were from test images.

    Args:
        progress: the folder of the sample series, with ``epoch-….npy`` of ``uint8[N, H, W, C]`` where they were kept.
        judge: of samples.
    """
    kept = {int(path.stem.removeprefix("epoch-")): path for path in progress.glob("epoch-*.npy")}
    return [
        {"epoch": float(epoch), **judge.glance(np.load(path, allow_pickle=False))}
        for epoch, path in sorted(kept.items())
    ]

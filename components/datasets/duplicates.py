"""Equal examples in different parts of a data set, counted in constant memory.

Hashes of 64 bits are written to files, sorted in place there and compared block by block. Among ten million training
and a million test examples a false match has a chance of one in two million.
"""

from array import array
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from components.params import SPLITS

__all__ = ["DuplicateCounter"]

BLOCK = 1 << 13


class DuplicateCounter:
    """Collects hashes of the examples of each part.

    Args:
        folder: an existing folder for its temporary files.
    """

    def __init__(self, folder: Path):
        self._files = {part: TemporaryFile(dir=folder) for part in SPLITS}  # noqa: SIM115
        self._pending = {part: array("Q") for part in SPLITS}
        self.totals = dict.fromkeys(SPLITS, 0)

    def add(self, part: str, content: int) -> None:
        """Note an example by its 64-bit hash."""
        pending = self._pending[part]
        pending.append(content)
        self.totals[part] += 1
        if len(pending) == BLOCK:
            self._flush(part)

    def report(self, key: str, examples: str) -> dict[str, int]:
        """Count how many examples of one part are in another too, ``test_in_train`` and so on; say it and end."""
        for part in SPLITS:
            self._flush(part)
        hashes = {part: self._sorted(part) for part in SPLITS}
        pairs = [("validation", "train"), ("test", "train"), ("test", "validation")]
        counts = {}
        for part, other in pairs:
            count = counts[f"{part}_in_{other}"] = _count_common(hashes[part], hashes[other])
            print(f"{key}: {count:,} of {self.totals[part]:,} {examples} of {part} are in {other} too")
        for file in self._files.values():
            file.close()
        return counts

    def _flush(self, part: str) -> None:
        self._files[part].write(self._pending[part].tobytes())
        self._pending[part] = array("Q")

    def _sorted(self, part: str) -> np.ndarray:
        file = self._files[part]
        file.flush()
        if not self.totals[part]:
            return np.empty(0, np.uint64)
        hashes = np.memmap(file, np.uint64, mode="r+")
        hashes.sort()
        return hashes


def _count_common(some: np.ndarray, others: np.ndarray) -> int:
    """Entries of ``some`` that occur in ``others``; both are sorted."""
    if not len(others):
        return 0
    common = 0
    for start in range(0, len(some), BLOCK):
        block = np.asarray(some[start : start + BLOCK])
        found = np.minimum(np.searchsorted(others, block), len(others) - 1)
        common += int(np.count_nonzero(others[found] == block))
    return common

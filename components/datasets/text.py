"""Text as arrays: a stream of characters for each part of a data set, and the vocabulary of its training part."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from components.datasets.arrays import array_writer
from components.datasets.duplicates import DuplicateCounter
from components.datasets.raw import Raw
from components.datasets.splitting import Plan, content_hash, part_of
from components.params import SPLITS, UNKNOWN, UserError

__all__ = ["Encoder", "prepare_text"]

CODE_POINTS = 0x110000


def prepare_text(raw: Raw, plan: Plan, seed: int, folder: Path) -> dict[str, Any]:
    """Write the streams of a text data set into an existing folder; return what a ``Spec`` says of them.

    The text is read twice, an example at a time: for the vocabulary, and to encode it. Consecutive parts of one text
    are joined as they are; texts of their own are kept apart by a line end.

    Raises:
        UserError: an example is not UTF-8, or there are more than 65,535 different characters.
    """

    def examples() -> Iterator[tuple[str, str]]:
        for split, shares in plan.items():
            for name, content, _ in raw.read(split):
                yield part_of(content_hash(content, seed), shares), _decode(raw.key, name, content)

    duplicates = DuplicateCounter(folder)
    characters: set[str] = set()
    for part, text in examples():
        if part == "train":
            characters.update(text)
        for line in text.split("\n"):
            if line and not line.isspace():
                duplicates.add(part, content_hash(line.encode(), seed))

    encoder = Encoder(raw.key, characters)
    unknown = dict.fromkeys(SPLITS, 0)
    with ExitStack() as stack:
        writers = {part: stack.enter_context(array_writer(folder / f"{part}.npy", encoder.dtype)) for part in SPLITS}
        ends_line = dict.fromkeys(SPLITS, True)
        for part, text in examples():
            tokens = encoder(text if raw.ordered or ends_line[part] else "\n" + text)
            writers[part].append(tokens)
            unknown[part] += int(np.count_nonzero(tokens == 0))
            ends_line[part] = text.endswith("\n")
    print(f"{raw.key}: {len(encoder.vocabulary)} symbols; characters not among them: {unknown}")
    return {
        "vocabulary": encoder.vocabulary,
        "counts": {part: len(writer) for part, writer in writers.items()},
        "duplicates": duplicates.report(raw.key, "lines"),
    }


class Encoder:
    """Characters to token ids: their place in ``vocabulary``, which is sorted after its entry 0, the unknown symbol."""

    def __init__(self, key: str, characters: set[str]):
        self.vocabulary = (UNKNOWN, *sorted(characters - {UNKNOWN}))
        if len(self.vocabulary) > 1 << 16:
            raise UserError(f"datasets.{key}: {len(characters):,} different characters; at most 65,535 fit")
        self.dtype: type[np.generic] = np.uint8 if len(self.vocabulary) <= 1 << 8 else np.uint16
        self._ids = np.zeros(CODE_POINTS, self.dtype)
        self._ids[[ord(character) for character in self.vocabulary]] = np.arange(len(self.vocabulary))

    def __call__(self, text: str) -> np.ndarray:
        """Token ids of a text, one for each character."""
        return self._ids[np.frombuffer(text.encode("utf-32-le"), "<u4")]


def _decode(key: str, name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UserError(f"datasets.{key}: {name} is not UTF-8: {error.reason} at offset {error.start}") from None

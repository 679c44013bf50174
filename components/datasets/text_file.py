"""A UTF-8 text file as a TFDS builder: consecutive blocks of lines, in the order of the file."""

import codecs
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import tensorflow_datasets as tfds

from components.params import UserError

__all__ = ["TextFile", "check_text", "cut_blocks", "read_text"]

BLOCK = 1_000  # characters after which a block ends with its line
LONGEST = 10 * BLOCK  # characters after which a block ends within its line
CHUNK = 1 << 16


class TextFile(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Blocks of about 1,000 characters, which joined give back the file's text."""

    VERSION = tfds.core.Version("1.0.0")

    def __init__(self, file: Path, **options):
        self.file = file
        super().__init__(**options)

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="The blocks of a text file, in order.",
            features=tfds.features.FeaturesDict({"text": tfds.features.Text()}),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for index, block in enumerate(cut_blocks(read_text(self.file))):
            yield index, {"text": block}


def check_text(file: Path) -> None:
    """Read a file through once.

    Raises:
        UserError: it is not UTF-8, or there is nothing but white space in it.
    """
    empty = True
    for text in read_text(file):
        empty = empty and (not text or text.isspace())
    if empty:
        raise UserError(f"{file}: an empty text; a text data set needs characters to learn from")


def cut_blocks(texts: Iterable[str]) -> Iterator[str]:
    """Cut a text that comes in chunks into blocks of about 1,000 characters, at line ends, in constant memory."""
    pending = ""
    for text in texts:
        pending += text
        while len(pending) > LONGEST:
            end = pending.find("\n", BLOCK - 1, LONGEST) + 1 or LONGEST
            yield pending[:end]
            pending = pending[end:]
    while pending:
        end = pending.find("\n", BLOCK - 1) + 1 or len(pending)
        yield pending[:end]
        pending = pending[end:]


def read_text(file: Path) -> Iterator[str]:
    r"""The text of a file, a chunk at a time: without a byte order mark, and with ``\n`` for every line end.

    Raises:
        UserError: a byte of it is not UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    offset = line = 0
    with file.open("rb") as source:
        while True:
            chunk = source.read(CHUNK)
            held = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                place = offset - held + error.start
                line += error.object.count(b"\n", 0, error.start)
                raise UserError(
                    f"{file}: not UTF-8: byte 0x{error.object[error.start]:02x} at offset {place}, in line {line + 1};"
                    " save the file as UTF-8"
                ) from None
            line += text.count("\n")
            yield newlines.decode(text.removeprefix("\ufeff") if offset == 0 else text, final=not chunk)
            if not chunk:
                return
            offset += len(chunk)

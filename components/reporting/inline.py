"""Pictures as data addresses, so that a page needs no file beside it."""

import base64
import io
from pathlib import Path

from PIL import Image

__all__ = ["corner", "data_uri", "png", "shown"]


def data_uri(content: bytes) -> str:
    """A PNG as the address of an image."""
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")


def png(image: Image.Image) -> str:
    """An image as an address."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return data_uri(buffer.getvalue())


def corner(path: Path, part: int) -> str:
    """The upper left corner of a picture, one ``part``-th of its width and height."""
    with Image.open(path) as image:
        return png(image.crop((0, 0, image.width // part, image.height // part)))


def shown(path: Path) -> dict[str, str]:
    """A file as ``picture``, an address, or as ``text``."""
    if path.suffix == ".png":
        return {"picture": data_uri(path.read_bytes())}
    return {"text": path.read_text("utf-8")}

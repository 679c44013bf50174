"""Pictures of images: NumPy in, PNG out, the same bytes for the same images.

>>> from pathlib import Path
>>> digits = np.zeros((10, 8, 8, 1), np.uint8)
>>> grid(digits, levels=17).size
(166, 124)
"""

import math
from pathlib import Path

import numpy as np
from PIL import Image

from components.files import atomic_file

__all__ = ["grid", "rows", "save"]

GAP = 2  # pixels between two images
GAP_COLOUR = 120  # a grey that parts black images from white ones, on a light page and on a dark one
LEGIBLE = 40  # pixels that an image's longer side should at least have, so that a person sees what it shows


def grid(images: np.ndarray, levels: int, columns: int | None = None, scale: int | None = None) -> Image.Image:
    """Images side by side, row by row.

    Args:
        images: intensities ``uint8[N, H, W, C]`` of ``0 … levels - 1``, with one channel or three.
        levels: number of intensities.
        columns: images in a row; without it the grid is nearly square.
        scale: whole factor of enlargement; without it, small images are enlarged until a person can see them.
    """
    images = np.asarray(images)
    if images.ndim != 4 or not len(images) or images.shape[-1] not in (1, 3):
        raise ValueError(f"a grid needs images [N, H, W, 1 or 3], N > 0, not an array of shape {images.shape}")
    if images.max() >= levels:
        raise ValueError(f"an intensity of {images.max()} in images of {levels} levels")
    count, height, width, channels = images.shape
    columns = min(count, columns or math.ceil(math.sqrt(count)))
    lines = math.ceil(count / columns)
    scale = scale or math.ceil(LEGIBLE / max(height, width))

    pixels = np.rint(images * (255 / (levels - 1))).astype(np.uint8)
    pixels = pixels.repeat(scale, axis=1).repeat(scale, axis=2)
    tall, wide = height * scale + GAP, width * scale + GAP
    canvas = np.full((lines, columns, tall, wide, channels), GAP_COLOUR, np.uint8)
    for index, image in enumerate(pixels):
        canvas[index // columns, index % columns, :-GAP, :-GAP] = image
    sheet = canvas.transpose(0, 2, 1, 3, 4).reshape(lines * tall, columns * wide, channels)[:-GAP, :-GAP]
    return Image.fromarray(sheet[:, :, 0] if channels == 1 else sheet)


def rows(*lines: np.ndarray, levels: int, columns: int = 16, scale: int | None = None) -> Image.Image:
    """Lines of images that belong together column by column: originals above what was made of them.

    Args:
        lines: two or more arrays like ``images`` of :func:`grid`, of one shape.
        levels: number of intensities.
        columns: images in a line; longer lines go on in a further block below.
        scale: as for :func:`grid`.
    """
    images = np.stack(lines)
    count = images.shape[1]
    blocks = [images[:, start : start + columns] for start in range(0, count, columns)]
    pictures = [grid(np.concatenate(list(block)), levels, block.shape[1], scale) for block in blocks]
    space = 4 * GAP
    height = sum(picture.height for picture in pictures) + space * (len(pictures) - 1)
    sheet = Image.new(pictures[0].mode, (pictures[0].width, height), (GAP_COLOUR,) * len(pictures[0].getbands()))
    top = 0
    for picture in pictures:
        sheet.paste(picture, (0, top))
        top += picture.height + space
    return sheet


def save(image: Image.Image, path: Path) -> None:
    """Write a PNG, whole or not at all. It holds no date and no software's name."""
    with atomic_file(Path(path)) as draft:
        image.save(draft, format="PNG", compress_level=9)

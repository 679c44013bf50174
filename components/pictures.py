"""Pictures of images: NumPy in, PNG out, the same bytes for the same images.

>>> from pathlib import Path
>>> digits = np.zeros((10, 8, 8, 1), np.uint8)
>>> grid(digits, levels=17).size
(166, 124)
"""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from components.files import atomic_file

__all__ = ["grid", "heat_maps", "rows", "save"]

GAP = 2  # pixels between two images
GAP_COLOUR = 120  # a grey that parts black images from white ones, on a light page and on a dark one
CELL = 8, 12, 84  # pixels: width and height of a cell of a heat map, and the margin for names of rows
HEAT = (68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)  # five colours of viridis, in order
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


def heat_maps(panels: Mapping[str, Mapping[str, np.ndarray]], letters: str) -> Image.Image:
    """Values above the letters that they belong to, a heat map below the other.

    Args:
        panels: title → name of a row → values ``float[T]`` in [0, 1], dark to bright.
        letters: ``T`` characters; what cannot be seen is drawn as a dot.
    """
    wide, tall, margin = CELL
    font = ImageFont.load_default(tall - 1)
    heights = [(len(rows) + 3) * tall for rows in panels.values()]
    sheet = Image.new("RGB", (margin + wide * len(letters), sum(heights)), "white")
    draw, top = ImageDraw.Draw(sheet), 0
    for (title, rows), height in zip(panels.items(), heights, strict=True):
        draw.text((margin, top), title, "black", font)
        for line, (name, values) in enumerate(rows.items(), start=1):
            draw.text((margin - 4, top + line * tall), name, "black", font, anchor="ra")
            share = np.asarray(values, float)[:, None] * (len(HEAT) - 1)
            colours = np.stack([np.interp(share, range(len(HEAT)), part)[:, 0] for part in zip(*HEAT, strict=True)], -1)
            cells = np.rint(colours).astype(np.uint8).repeat(wide, axis=0)[None].repeat(tall, axis=0)
            sheet.paste(Image.fromarray(cells), (margin, top + line * tall))
        for place, letter in enumerate(letters):
            seen = letter if letter.isprintable() and not letter.isspace() else "·"
            at = (margin + place * wide + wide // 2, top + (len(rows) + 1) * tall)
            draw.text(at, seen, "black", font, anchor="ma")
        top += height
    return sheet


def save(image: Image.Image, path: Path) -> None:
    """Write a PNG, whole or not at all. It holds no date and no software's name."""
    with atomic_file(Path(path)) as draft:
        image.save(draft, format="PNG", compress_level=9)

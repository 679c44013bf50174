"""Pictures hold the pixels they were given, and the same bytes twice."""

import numpy as np
import pytest
from PIL import Image

from components import pictures


def ramp(count: int, channels: int = 1, levels: int = 17) -> np.ndarray:
    return (np.arange(count * 8 * 8 * channels) % levels).astype(np.uint8).reshape(count, 8, 8, channels)


def test_every_pixel_is_where_it_belongs():
    images = ramp(7)
    sheet = np.asarray(pictures.grid(images, levels=17, columns=3, scale=2))
    for index, image in enumerate(images):
        top, left = index // 3 * (8 * 2 + pictures.GAP), index % 3 * (8 * 2 + pictures.GAP)
        seen = sheet[top : top + 16 : 2, left : left + 16 : 2]
        assert np.array_equal(np.rint(seen / 255 * 16), image[:, :, 0])


def test_the_whole_range_of_intensities_is_shown():
    images = np.array([0, 16], np.uint8).reshape(2, 1, 1, 1)
    sheet = np.asarray(pictures.grid(images, levels=17, columns=2, scale=1))
    assert (sheet[0, 0], sheet[0, -1]) == (0, 255)


def test_a_heat_map_has_a_cell_for_each_value_darkest_to_brightest():
    values = np.array([0.0, 1.0, 0.25])
    sheet = pictures.heat_maps({"first": {"a": values}, "second": {"a": values[::-1], "b": values}}, "x\ny")
    wide, tall, margin = pictures.CELL
    assert sheet.size == (margin + 3 * wide, (4 + 5) * tall)

    def seen(line):
        return [sheet.getpixel((margin + place * wide + 1, line * tall + 1)) for place in range(3)]

    colours = [pictures.HEAT[0], pictures.HEAT[-1], pictures.HEAT[1]]
    assert (seen(1), seen(5), seen(6)) == (colours, colours[::-1], colours)


@pytest.mark.parametrize(("count", "shape"), [(1, (1, 1)), (10, (3, 4)), (64, (8, 8)), (65, (8, 9))])
def test_a_grid_is_nearly_square(count: int, shape: tuple[int, int]):
    side = 8 * 5 + pictures.GAP
    picture = pictures.grid(ramp(count), levels=17)
    assert (picture.height, picture.width) == (shape[0] * side - pictures.GAP, shape[1] * side - pictures.GAP)


def test_colour_stays_colour():
    image = np.zeros((1, 8, 8, 3), np.uint8)
    image[..., 2] = 255
    assert pictures.grid(image, levels=256, scale=1).getpixel((0, 0)) == (0, 0, 255)
    assert pictures.rows(image, image, levels=256, scale=1).getpixel((3, 12)) == (0, 0, 255)


def test_rows_put_what_belongs_together_below_each_other():
    above, below = np.zeros((5, 8, 8, 1), np.uint8), np.full((5, 8, 8, 1), 16, np.uint8)
    sheet = np.asarray(pictures.rows(above, below, levels=17, columns=3, scale=1))
    line, block = 8 + pictures.GAP, 2 * (8 + pictures.GAP) - pictures.GAP + 4 * pictures.GAP
    assert (sheet[0, 0], sheet[line, 0], sheet[block, 0], sheet[block + line, 0]) == (0, 255, 0, 255)
    assert sheet[block, -1] == pictures.GAP_COLOUR  # the last block is not full


def test_a_saved_picture_has_the_same_bytes_twice(tmp_path):
    for name in ("a.png", "b.png"):
        pictures.save(pictures.grid(ramp(12), levels=17), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert (image.format, image.info) == ("PNG", {})


@pytest.mark.parametrize("images", [np.zeros((0, 8, 8, 1)), np.zeros((8, 8, 1)), np.zeros((1, 8, 8, 2))])
def test_what_is_no_image_is_refused(images: np.ndarray):
    with pytest.raises(ValueError, match="a grid needs images"):
        pictures.grid(images.astype(np.uint8), levels=17)


def test_an_intensity_beyond_the_levels_is_refused():
    with pytest.raises(ValueError, match="16 in images of 16 levels"):
        pictures.grid(np.full((1, 8, 8, 1), 16, np.uint8), levels=16)

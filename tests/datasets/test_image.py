"""One picture: decoded, resized, quantised."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from components.datasets.image import UNREADABLE, decode, quantise
from tests.datasets.desk import make_dataset


def encode(image: Image.Image, format: str = "PNG", **options) -> bytes:
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def noise(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def test_a_png_comes_back_as_it_was() -> None:
    dataset = make_dataset("image", "x")
    for pixels in (noise((5, 7)), noise((5, 7, 3))):
        decoded = decode(encode(Image.fromarray(pixels)), dataset)
        np.testing.assert_array_equal(decoded, pixels.reshape(5, 7, -1))


def test_what_is_no_plain_picture_becomes_one() -> None:
    dataset = make_dataset("image", "x")
    deep = noise((4, 4)).astype(np.uint16) * 257
    np.testing.assert_array_equal(decode(encode(Image.fromarray(deep)), dataset)[..., 0], deep >> 8)
    palette = Image.fromarray(noise((4, 4, 3))).quantize(16)
    np.testing.assert_array_equal(decode(encode(palette), dataset), np.asarray(palette.convert("RGB")))
    assert decode(encode(Image.new("CMYK", (4, 4)), "JPEG"), dataset).shape == (4, 4, 3)
    assert decode(encode(Image.new("RGBA", (4, 4))), dataset).shape == (4, 4, 3)
    assert decode(encode(Image.new("1", (4, 4), 1)), dataset).max() == 255
    sideways = Image.Exif()
    sideways[0x0112] = 6  # orientation: turned by a quarter
    assert decode(encode(Image.new("RGB", (4, 2)), "JPEG", exif=sideways), dataset).shape == (4, 2, 3)


def test_size_and_channels_are_those_of_the_parameters() -> None:
    content = encode(Image.fromarray(noise((8, 6, 3))))
    assert decode(content, make_dataset("image", "x", size=(4, 3), channels=1)).shape == (4, 3, 1)
    means = decode(content, make_dataset("image", "x", size=(4, 3), resampling="box"))
    wanted = noise((8, 6, 3)).reshape(4, 2, 3, 2, 3).mean((1, 3))
    assert np.abs(means - wanted).max() <= 1


def test_what_is_no_picture_raises() -> None:
    whole = encode(Image.fromarray(noise((64, 64))))
    for content in (b"", b"no picture", whole[:20], whole[:2_000], encode(Image.new("L", (4, 4)), "GIF")):
        with pytest.raises(UNREADABLE):
            decode(content, make_dataset("image", "x"))


def test_quantising_rounds_to_the_nearest_level() -> None:
    values = np.arange(256, dtype=np.uint8)
    for levels in (2, 3, 17, 100, 255, 256):
        exact = values.astype(float) * (levels - 1) / 255
        quantised = quantise(values, levels)
        assert quantised.dtype == np.uint8
        assert (quantised.min(), quantised.max()) == (0, levels - 1)
        assert np.abs(quantised - exact).max() <= 0.5 + 1e-9

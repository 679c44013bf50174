"""Models of sequences: only a text is cut into pieces, only an image has pixels."""

import pytest
from pydantic import TypeAdapter, ValidationError

from components.params import ModelConfig

TRAINING = {"epochs": 1, "batch_size": 2, "optimizer": {"learning_rate": 0.01}, "sample_every": 1}
COMMON = {"layers": 1, "dropout": 0.0, "tie_embeddings": False, "training": TRAINING}
LSTM = COMMON | {"family": "lstm", "cell": "lstm", "units": 2, "embedding_dim": 2}
TRANSFORMER = COMMON | {"family": "transformer", "heads": 2, "width": 4}


def validate(content: dict) -> None:
    context = {"kinds": {"pictures": "image", "prose": "text"}}
    TypeAdapter(ModelConfig).validate_python(content, context=context)


@pytest.mark.parametrize(("content", "key"), [(LSTM, "sequence_length"), (TRANSFORMER, "context")])
def test_a_text_must_be_cut_and_an_image_must_not(content: dict, key: str) -> None:
    validate(content | {"dataset": "prose", key: 8})
    validate(content | {"dataset": "pictures"})
    with pytest.raises(ValidationError, match=rf"{key}\n +is no length of the pieces that a text is read in"):
        validate(content | {"dataset": "prose"})
    with pytest.raises(ValidationError, match=rf"{key}\n +is for texts, an image is read whole"):
        validate(content | {"dataset": "pictures", key: 8})


def test_a_text_has_no_pixel_positions_and_heads_share_the_width() -> None:
    validate(LSTM | {"dataset": "pictures", "pixel_positions": True})
    with pytest.raises(ValidationError, match=r"pixel_positions\n +is for images"):
        validate(LSTM | {"dataset": "prose", "sequence_length": 8, "pixel_positions": True})
    with pytest.raises(ValidationError, match=r"width\n +is no multiple of heads, 2"):
        validate(TRANSFORMER | {"dataset": "pictures", "width": 5})

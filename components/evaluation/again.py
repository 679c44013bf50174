"""Numbers of a trained model measured again, by the functions that gave them; all but those that take long."""

from pathlib import Path
from typing import Any

from components.datasets.arrays import Arrays
from components.evaluation import images, text
from components.evaluation.questions import Questions
from components.evaluation.reference import open_eye
from components.evaluation.samples import Judge
from components.evaluation.sampling import draw
from components.files import sha256
from components.models import storage
from components.params import Params, UserError

__all__ = ["measure_again"]


def measure_again(folder: Path, data: Arrays, params: Params, classifier: str) -> dict[str, Any]:
    """What a model knows of the test split, and what its samples tell if they are images.

    Args:
        folder: the trained model.
        data: its data set.
        params: how to judge, and the seed.
        classifier: SHA-256 of the weights of the reference classifier that samples are to be seen with.

    Raises:
        UserError: the classifier here is another.
    """
    model, test = storage.load(folder), data.split("test")
    if data.spec.kind == "text":
        return text.measure(model, test)
    known, options = Path("artifacts/reference", data.spec.name), params.evaluation
    eye = open_eye(known, options.batch_size)
    if sha256(known / "model.safetensors") != classifier:
        raise UserError(f"{known}: another classifier than samples were seen with")
    ask = Questions(model, options.batch_size, options.importance_samples)
    drawn = draw(model, options.grid, options.samples, options.sample_seeds, params.seed)
    judge = Judge(data, known, eye, options, params.seed)
    return images.measure(ask, test, data.labels("test")) | judge(drawn.sets)

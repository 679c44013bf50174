"""Where a trained model lies. Imports no Keras, so that a wrong name is answered at once."""

from pathlib import Path

from components.params import Params, UserError, did_you_mean

__all__ = ["find_model"]

MODELS = Path("artifacts/models")


def find_model(name: str, params: Params) -> Path:
    """The folder of the trained model ``name``.

    Raises:
        UserError: there is no such model, or it is not trained yet.
    """
    trained = sorted(weights.parent.name for weights in MODELS.glob("*/model.safetensors"))
    if name in trained:
        return MODELS / name
    if name in params.models:
        raise UserError(f"{MODELS / name}: {name} is not trained yet; `dvc repro train@{name}` trains it")
    raise UserError(
        f"no model is named {name!r}{did_you_mean(name, [*trained, *params.models])}; "
        f"trained are: {', '.join(trained) or 'none yet'}"
    )

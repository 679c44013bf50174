"""The sampler of a registered model. MLflow carries this very file along and runs it where the model is loaded."""

from pathlib import Path
from typing import Any

import numpy as np
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

MOST_SAMPLES = 1024
SEEDS = 2**31


class Sampler(PythonModel):
    """Samples of a generative model: images ``uint8[n, H, W, C]`` from 0 to 255, or a list of ``n`` texts.

    It runs on the Keras backend that ``KERAS_BACKEND`` names, TensorFlow where it names none. It takes no input, only
    parameters: ``n``, ``seed`` and those of the family's ``sample``. Same backend, same parameters, same samples.
    """

    def load_context(self, context):
        """Load the model that lies beside this file."""
        from components.models.storage import load
        from components.params import UserError

        self.mistakes = (UserError, TypeError, ValueError)
        self.model = load(Path(context.artifacts["model"]))

    def predict(self, context, model_input: np.ndarray, params: dict[str, Any] | None = None):
        """Draw samples. Whatever is wrong with a parameter, a server answers by 400 and a line that says it."""
        params = dict(params or {})
        n = _whole_number(params.pop("n", 16), "n", 1, MOST_SAMPLES)
        seed = _whole_number(params.pop("seed", 0), "seed", 0, SEEDS - 1)
        try:
            samples = self.model.sample(n, seed, **params)
        except self.mistakes as error:
            raise MlflowException.invalid_parameter_value(str(error)) from error
        return self.model.spec.shown(samples)


def _whole_number(value: Any, name: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise MlflowException.invalid_parameter_value(f"{name}: {value!r}; a whole number from {least} to {most}")
    return value


set_model(Sampler())

"""A registered reference classifier. MLflow carries this very file along and runs it where the classifier is loaded."""

from pathlib import Path
from typing import Any

import numpy as np
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class ReferenceClassifier(PythonModel):
    """Probabilities ``float32[N, C]`` of the classes of images ``uint8[N, H, W, C]`` from 0 to 255, as samples come."""

    def load_context(self, context):
        """Load the classifier that lies beside this file."""
        from components.models.classifier import Classifier
        from components.models.storage import load

        model = load(Path(context.artifacts["model"]))
        if not isinstance(model, Classifier):
            raise TypeError(f"a {model.config.family} is no classifier")
        self.model = model

    def predict(self, context, model_input: np.ndarray, params: dict[str, Any] | None = None) -> np.ndarray:
        """Judge images."""
        from keras import ops

        images = np.rint(model_input * ((self.model.spec.levels - 1) / 255))
        return ops.convert_to_numpy(ops.softmax(self.model.logits(self.model.features(images))))


set_model(ReferenceClassifier())

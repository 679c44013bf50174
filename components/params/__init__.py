"""The schema of ``params.yaml``: read once, checked whole, frozen. Imports no Keras."""

from components.params.classifier import ClassifierConfig
from components.params.dataset import Dataset
from components.params.description import Description
from components.params.errors import UserError, did_you_mean, run_step
from components.params.families import ModelConfig
from components.params.gate import Gate, Severity
from components.params.reading import load
from components.params.schema import Evaluation, Execution, Params
from components.params.spec import SPLITS, UNKNOWN, ImageSpec, Spec, TextSpec, read_spec
from components.params.sweep import Range, Sweep
from components.params.training import Fitting, Optimizer, Training

__all__ = [
    "SPLITS",
    "UNKNOWN",
    "ClassifierConfig",
    "Dataset",
    "Description",
    "Evaluation",
    "Execution",
    "Fitting",
    "Gate",
    "ImageSpec",
    "ModelConfig",
    "Optimizer",
    "Params",
    "Range",
    "Severity",
    "Spec",
    "Sweep",
    "TextSpec",
    "Training",
    "UserError",
    "did_you_mean",
    "load",
    "read_spec",
    "run_step",
]

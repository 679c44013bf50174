"""What a trained model's ``config.json`` holds."""

from pathlib import Path

from pydantic import ValidationError

from components.params.classifier import ClassifierConfig
from components.params.errors import UserError
from components.params.families import ModelConfig
from components.params.section import Section
from components.params.spec import Spec

__all__ = ["Description"]


class Description(Section):
    """All that it takes to build a model: its parameters, and the data that it was made for."""

    config: ModelConfig | ClassifierConfig
    spec: Spec

    @classmethod
    def read(cls, path: Path) -> "Description":
        """Read a ``config.json``.

        Raises:
            UserError: it is missing, or does not describe a trained model.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise UserError(f"{path}: cannot be read: {error.strerror}") from None
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "the file"
            raise UserError(f"{path} does not describe a trained model: {place}: {first['msg']}") from None

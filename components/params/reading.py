"""Reading ``params.yaml``."""

import json
from pathlib import Path

from ruamel.yaml import YAML

from components.params.schema import Params

__all__ = ["load"]


def load(path: Path = Path("params.yaml")) -> Params:
    """Read and check ``params.yaml``."""
    return Params.model_validate_json(json.dumps(YAML(typ="safe").load(path.read_text("utf-8"))))

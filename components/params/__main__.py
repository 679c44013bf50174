"""Check ``params.yaml`` and print what it resolves to: ``python -m components.params [--schema] [PATH]``."""

import argparse
import json
import sys
from pathlib import Path

from ruamel.yaml import YAML

from components.params import UserError, load, run_step
from components.params.schema import json_schema


def main() -> None:
    """Print the resolved parameters as YAML, or the JSON Schema of the file."""
    parser = argparse.ArgumentParser(prog="python -m components.params", description="Check params.yaml.")
    parser.add_argument("path", nargs="?", default="params.yaml", help="file to check (params.yaml)")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of the file instead")
    arguments = parser.parse_args()
    if arguments.schema:
        print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
        return
    params = load(arguments.path)
    own = {key: dataset.source for key, dataset in params.datasets.items() if dataset.is_path}
    missing = [key for key, source in own.items() if not (Path(arguments.path).parent / source).exists()]
    if missing:
        raise UserError(
            *(f"{arguments.path}: datasets.{key}.source: {own[key]}: no such file or folder" for key in missing)
        )
    yaml = YAML()
    yaml.representer.add_representer(tuple, _on_one_line)
    yaml.representer.add_representer(type(None), _null)
    yaml.dump(params.model_dump(), sys.stdout)


def _on_one_line(representer, entries):
    return representer.represent_sequence("tag:yaml.org,2002:seq", entries, flow_style=True)


def _null(representer, _):
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


if __name__ == "__main__":
    run_step(main)

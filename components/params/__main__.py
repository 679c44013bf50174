"""Check ``params.yaml`` and print what it resolves to: ``python -m components.params [--schema] [PATH]``."""

import argparse
import json
import sys

from ruamel.yaml import YAML

from components.params import load, run_step
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
    resolved = load(arguments.path).model_dump()
    yaml = YAML()
    yaml.representer.add_representer(tuple, _on_one_line)
    yaml.representer.add_representer(type(None), _null)
    yaml.dump(resolved, sys.stdout)


def _on_one_line(representer, entries):
    return representer.represent_sequence("tag:yaml.org,2002:seq", entries, flow_style=True)


def _null(representer, _):
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


if __name__ == "__main__":
    run_step(main)

"""What the steps about data are told: the key of one data set in ``params.yaml``."""

import argparse

from components.params import Dataset, Params, load

__all__ = ["read_command"]


def read_command(step: str, description: str) -> tuple[Params, str, Dataset]:
    """Read the command line and the parameters of ``python -m components.STEP KEY``.

    Raises:
        UserError: the parameters are wrong, or hold no such data set.
    """
    parser = argparse.ArgumentParser(prog=f"python -m components.{step}", description=description)
    parser.add_argument("key", metavar="KEY", help="a data set of params.yaml")
    key = parser.parse_args().key
    params = load()
    return params, key, params.dataset(key)

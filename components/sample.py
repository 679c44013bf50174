"""Samples of a trained model, as a picture or as text on the terminal.

    python -m components.sample vae --n 16 --seed 7 --out grid.png
    python -m components.sample lstm --prompt "The " --temperature 0.7

Whatever else a model's ``sample`` takes is an option too; ``python -m components.sample NAME --help`` lists them.
"""

import argparse
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from components import pictures
from components.evaluation import SEPARATOR
from components.evaluation.finding import find_model
from components.files import atomic_file
from components.params import ImageSpec, load, run_step

__all__ = ["main"]


def main() -> None:
    """Sample from the model that the command line names."""
    parser = _parser(add_help=False)
    parser.add_argument("--help", "-h", action="store_true")
    options, _ = parser.parse_known_args()
    if options.name is None:
        _parser(required=True).parse_args()
    folder = find_model(options.name, load())

    from components.models import storage

    model = storage.load(folder)
    knobs = _knobs(model.sample)
    parser = _parser(required=True)
    for knob in knobs.values():
        parser.add_argument(f"--{knob.name.replace('_', '-')}", **_option(knob))
    options = parser.parse_args()
    count = options.n or (1 if model.spec.kind == "text" else 16)
    samples = model.sample(count, options.seed, **{name: getattr(options, name) for name in knobs})
    if isinstance(model.spec, ImageSpec):
        path = options.out or Path(f".menagerie/samples/{options.name}-{options.seed}.png")
        pictures.save(pictures.grid(samples, model.spec.levels), path)
        print(path)
        return
    text = SEPARATOR.join(getattr(options, "prompt", "") + model.spec.text(sample) for sample in samples)
    if options.out is None:
        print(text)
        return
    with atomic_file(options.out) as draft:
        draft.write_text(text + "\n", encoding="utf-8")
    print(options.out)


def _parser(required: bool = False, add_help: bool = True) -> argparse.ArgumentParser:
    """The options that every model has."""
    parser = argparse.ArgumentParser(
        prog="python -m components.sample",
        description="Sample from a trained model.",
        add_help=add_help,
        epilog="NAME --help lists what else that model takes",
    )
    parser.add_argument("name", metavar="NAME", nargs=None if required else "?", help="a trained model")
    parser.add_argument("--n", type=_at_least(1), help="samples (default 16 images or one text)")
    parser.add_argument("--seed", type=_at_least(0), default=7, help="same seed, same samples (default 7)")
    parser.add_argument(
        "--out", type=Path, help="where they go (default: a text to the terminal, a picture to .menagerie/samples)"
    )
    return parser


def _at_least(least: int) -> Callable[[str], int]:
    """A reader of whole numbers for ``argparse``."""

    def integer(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least}")
        return int(text)

    return integer


def _knobs(sample: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The keyword-only parameters of a model's ``sample``, all of which have defaults."""
    parameters = inspect.signature(sample).parameters
    return {name: knob for name, knob in parameters.items() if knob.kind is knob.KEYWORD_ONLY}


def _option(knob: inspect.Parameter) -> dict[str, Any]:
    """How ``argparse`` reads a knob: by its default's type; a switch where that is ``False``."""
    if isinstance(knob.default, bool):
        return {"action": argparse.BooleanOptionalAction, "default": knob.default, "help": f"(default {knob.default})"}
    return {"type": type(knob.default), "default": knob.default, "help": f"(default {knob.default!r})"}


if __name__ == "__main__":
    run_step(main)

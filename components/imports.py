"""How heavy libraries are imported: without greetings, and without libraries that they could only perhaps use.

- **TensorFlow** writes half a dozen lines about the processor and missing GPUs to the standard error of every process,
  and since its logging moved to Abseil no setting keeps them back. They are written while it is imported and while it
  looks for devices, so both are done here with that stream closed; errors are raised as ever.
- **Keras** imports scikit-learn, pandas and matplotlib for wrappers and plots that nothing here uses, and JAX beside
  TensorFlow: a third of its time. It does without where one is missing, so while it is imported they are; afterwards
  they are found.
"""

import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from types import ModuleType

__all__ = ["LeanImports"]

LEAN = ("keras", "tensorflow")
DISPENSABLE = ("sklearn", "pandas", "matplotlib")


class LeanImports(MetaPathFinder):
    """Finds Keras and TensorFlow as Python does, and imports them lean. Anything else it leaves alone."""

    def __init__(self) -> None:
        self.searched: set[str] = set()

    def find_spec(self, fullname, path=None, target=None):
        """The module as Python would find it, with a loader that does without."""
        if fullname not in LEAN or fullname in self.searched:
            return None
        self.searched.add(fullname)
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self.searched.remove(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_lean(module: ModuleType) -> None:
                with _without(_dispensable()):
                    if fullname != "tensorflow":
                        execute(module)
                        return
                    with _no_standard_error():
                        execute(module)
                        module.config.list_physical_devices()

            spec.loader.exec_module = execute_lean  # type: ignore[method-assign]
        return spec


def _dispensable() -> tuple[str, ...]:
    return DISPENSABLE if os.environ.get("KERAS_BACKEND") == "jax" else (*DISPENSABLE, "jax")


@contextmanager
def _without(names: Sequence[str]) -> Iterator[None]:
    """Libraries that are not imported yet cannot be, for as long as the block lasts."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def _no_standard_error() -> Iterator[None]:
    sys.stderr.flush()
    held, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(held, 2)
        os.close(held)
        os.close(nothing)

"""TensorFlow without its greetings.

It writes half a dozen lines about the processor and missing GPUs to the standard error of every process, and since its
logging moved to Abseil no setting keeps them back. They are written while it is imported and while it looks for
devices, so both are done here with that stream closed; errors are raised as ever.
"""

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder

__all__ = ["QuietTensorFlow"]


class QuietTensorFlow(MetaPathFinder):
    """Finds TensorFlow as Python does, and imports it in silence. Anything else it leaves alone."""

    searching = False

    def find_spec(self, fullname, path=None, target=None):
        """The module as Python would find it, with a quiet loader."""
        if fullname != "tensorflow" or self.searching:
            return None
        self.searching = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self.searching = False
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_quietly(module):
                with _no_standard_error():
                    execute(module)
                    module.config.list_physical_devices()

            spec.loader.exec_module = execute_quietly  # type: ignore[method-assign]
        return spec


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

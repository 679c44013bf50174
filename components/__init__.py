"""What is done: one module a step of the pipeline, and the rooms that the steps call."""

import atexit
import gc
import os
import sys

from components.imports import LeanImports

os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # said here, and not by a file in the home of whoever runs it

# A step imports and traces for seconds, objects that nearly all stay: by Python's own threshold of 700 the collector
# looks them through again and again, for an eighth of the step's time.
gc.set_threshold(100_000, 20, 20)
atexit.register(gc.freeze)  # nor need it look through all of them when they go, for the best part of a second

if not sys.modules.keys() & {"keras", "tensorflow"}:
    sys.meta_path.insert(0, LeanImports())

"""What is done: one module a step of the pipeline, and the rooms that the steps call."""

import sys

from components.quiet import QuietTensorFlow

if "tensorflow" not in sys.modules:
    sys.meta_path.insert(0, QuietTensorFlow())

"""What is done: one module a step of the pipeline, and the rooms that the steps call."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's greetings are no news to anybody

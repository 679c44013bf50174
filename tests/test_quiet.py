"""TensorFlow's greetings are kept back, and nothing else is."""

import subprocess
import sys


def test_tensorflow_says_nothing_and_a_person_is_heard():
    script = """
import importlib.util, sys
import components
assert importlib.util.find_spec("tensorflow")
import tensorflow as tf
assert int(tf.ones(2).shape[0]) == 2
print("heard", file=sys.stderr)
"""
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stderr == "heard\n"

"""Heavy libraries come without greetings and without what they do not need, and nothing else is kept back."""

import subprocess
import sys

import pytest


def answer(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)


def test_tensorflow_says_nothing_and_a_person_is_heard():
    script = """
import importlib.util, sys
import components
assert importlib.util.find_spec("tensorflow")
import tensorflow as tf
assert int(tf.ones(2).shape[0]) == 2
print("heard", file=sys.stderr)
"""
    assert answer(script).stderr == "heard\n"


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_keras_comes_without_what_it_could_only_perhaps_use(backend):
    script = f"""
import os, sys
os.environ["KERAS_BACKEND"] = "{backend}"
import components, keras
print(*sorted(sys.modules.keys() & {{"sklearn", "pandas", "matplotlib", "jax"}} - {{"{backend}"}}))
import jax, pandas, matplotlib.pyplot, components.backend
from sklearn.mixture import GaussianMixture
"""
    assert answer(script).stdout == "\n"


def test_what_was_imported_before_stays():
    assert answer("import pandas, components, keras, sys; print(sys.modules['pandas'] is pandas)").stdout == "True\n"

"""A version of every family, sampled by a process that has nothing but the version."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import mlflow
import numpy as np
import pytest

from components.models import storage
from components.params import ModelConfig
from tests.models.building import FAMILIES, TRAINING
from tests.registry.workshop import make_workshop, register_model

STRANGER = """\
import hashlib, json, sys
import mlflow

def digest(samples):
    content = samples.tobytes() if hasattr(samples, "tobytes") else json.dumps(samples).encode()
    return hashlib.sha256(content).hexdigest()

found = {}
for name in sys.argv[1:]:
    model = mlflow.pyfunc.load_model(f"models:/{name}@candidate")
    told = {"label": 1} if "label" in {param.name for param in model.metadata.get_params_schema()} else {}
    asked = [{"n": 3, "seed": seed, **told} for seed in (7, 7, 8)]
    found[name] = [digest(model.predict({}, params=params)) for params in asked], bool(told)
print(json.dumps(found))
"""
CONFIGS = {
    get_args(config.model_fields["family"].annotation)[0]: config for config in get_args(get_args(ModelConfig)[0])
}
CONDITIONAL = {family for family, config in CONFIGS.items() if "conditional" in config.model_fields}


def sections() -> str:
    """A small model of each family for ``params.yaml``, told classes where it can be; YAML holds JSON."""
    lines = []
    for family, config in FAMILIES.items():
        dataset = "prose" if "text" in CONFIGS[family].kinds else "squares"
        told = {"conditional": True} if family in CONDITIONAL else {}
        section = {"family": family, "dataset": dataset, "training": TRAINING, **config, **told}
        lines.append(f"  every-{family.replace('_', '-')}: {json.dumps(section)}\n")
    return "".join(lines)


def shake(name: str) -> None:
    """Move every weight: as some families begin, noise makes no difference yet."""
    random, folder = np.random.default_rng(0), Path("artifacts/models", name)
    model = storage.load(folder)
    for variable in model.trainable_variables:
        variable.assign(variable + 0.3 * random.standard_normal(variable.shape))
    storage.save(model, folder)


@pytest.mark.usefixtures("experiment")
def test_a_version_of_every_family_draws_the_same_samples_for_the_same_seed_of_a_class_where_it_can(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    params = make_workshop(tmp_path, sections())
    names = {name: config.family for name, config in params.models.items() if name.startswith("every-")}
    for name in names:
        shake(name)
        register_model(name)
    environment = os.environ | {"MLFLOW_TRACKING_URI": mlflow.get_tracking_uri()}
    command = [sys.executable, "-c", STRANGER, *names]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert {names[name] for name, (_, told) in found.items() if told} >= CONDITIONAL
    for name, (digests, _) in found.items():
        assert digests[0] == digests[1] != digests[2], name

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

asked, found = json.loads(sys.argv[1]), {}
for name in sys.argv[2:]:
    model = mlflow.pyfunc.load_model(f"models:/{name}@candidate")
    knobs = {param.name for param in model.metadata.get_params_schema()}
    told = [{key: value for key, value in request.items() if key in knobs} for request in asked]
    found[name] = sorted(knobs), [digest(model.predict({}, params=params)) for params in told]
print(json.dumps(found))
"""
ASKED = {"n": 3, "seed": 7, "label": 1, "length": 8, "top_k": 4, "sampler": "ddim", "steps": 3, "guidance": 1.0}
OTHERWISE = (
    {"seed": 8},
    {"label": 2},
    {"temperature": 3.0, "top_k": 1, "truncation": 0.5, "noise": 0.5, "guidance": 2.0},
)
CONFIGS = {
    get_args(config.model_fields["family"].annotation)[0]: config for config in get_args(get_args(ModelConfig)[0])
}
CLASSES = {"conditional": True, "label_dropout": 0.1}


def sections() -> str:
    """A small model of each family for ``params.yaml``, told classes where it can be; YAML holds JSON."""
    lines = []
    for family, config in FAMILIES.items():
        fields = CONFIGS[family].model_fields
        told = {key: value for key, value in CLASSES.items() if key in fields}
        dataset = "prose" if "text" in CONFIGS[family].kinds else "squares"
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
def test_versions_of_every_family_draw_alike_for_the_same_request_and_otherwise_for_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    params = make_workshop(tmp_path, sections())
    names = {name: config.family for name, config in params.models.items() if name.startswith("every-")}
    for name in names:
        shake(name)
        register_model(name)
    environment = os.environ | {"MLFLOW_TRACKING_URI": mlflow.get_tracking_uri()}
    requests = [ASKED, ASKED, *(ASKED | change for change in OTHERWISE)]
    command = [sys.executable, "-c", STRANGER, json.dumps(requests), *names]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    conditional = {family for family, config in CONFIGS.items() if "conditional" in config.model_fields}
    assert {names[name] for name, (knobs, _) in found.items() if "label" in knobs} == conditional
    for name, (knobs, (first, again, *others)) in found.items():
        assert first == again, name
        for change, drawn in zip(OTHERWISE, others, strict=True):
            assert (drawn != first) == (not change.keys().isdisjoint(knobs)), (name, change)

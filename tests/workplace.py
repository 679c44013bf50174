"""A small workplace for the steps after training: parameters, data, untrained models, and what judges them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from components.datasets.arrays import hash_arrays, write_spec
from components.params import SPLITS, ImageSpec, Params, TextSpec, load

__all__ = ["CONDITIONAL", "make_judges", "make_workplace", "recording", "run_step", "save_models"]

PARAMS = """\
seed: 7
datasets:
  squares: {kind: image, source: squares, watch: squares.py, validation: 0.1, test: 0.1, levels: 17}
  prose: {kind: text, source: ./prose.txt, watch: ./prose.txt, validation: 0.1, test: 0.1}
models:
  denoiser:
    family: autoencoder
    dataset: squares
    encoder: dense
    widths: [8]
    latent_dim: 2
    noise: 0.3
    mixture_components: 2
    training: &training {epochs: 2, batch_size: 4, optimizer: {learning_rate: 0.01}, sample_every: 1}
  vae:
    family: vae
    dataset: squares
    encoder: dense
    widths: [8]
    latent_dim: 2
    likelihood: discretized_logistic
    beta: 1.0
    kl_warmup_steps: 0
    free_bits: 0.0
    training: *training
  lstm:
    family: lstm
    dataset: prose
    cell: lstm
    layers: 1
    units: 8
    embedding_dim: 4
    dropout: 0.0
    tie_embeddings: false
    sequence_length: 8
    training: *training
<more>
gate: {diagnosis: warning, bars: {coverage: {least: 0.1}}, not_worse: [elbo_nats, coverage], standard_errors: 3.0}
reference: {widths: [4], features: 3, training: {epochs: 1, batch_size: 4, optimizer: {learning_rate: 0.01}}}
evaluation: {batch_size: 4, grid: 4, walk_steps: 3, importance_samples: 2, samples: 8, texts: 2,
  text_length: 12, sample_seeds: 2, bootstrap: 3, neighbours: 2, annealing_chains: 2, annealing_temperatures: 3}
execution: {steps_per_call: 4, checkpoint_seconds: 60, parallel_stages: 2, stage_timeout_minutes: 60,
  stage_retries: 0, retry_seconds: 0}
"""


CONDITIONAL = """\
  conditional:
    family: vae
    dataset: squares
    conditional: true
    encoder: dense
    widths: [8]
    latent_dim: 2
    likelihood: discretized_logistic
    beta: 1.0
    kl_warmup_steps: 0
    free_bits: 0.0
    training: *training
"""


def make_workplace(folder: Path, more: str = "") -> Params:
    """Write ``params.yaml`` and ``data/arrays`` into ``folder``: 10 test images of 4 × 4, 300 characters of text.

    An image shows a bright square; its class is the corner where that is.

    Args:
        folder: where.
        more: lines of further models, ``CONDITIONAL`` for instance.
    """
    (folder / "params.yaml").write_text(PARAMS.replace("<more>\n", more), encoding="utf-8")
    random = np.random.default_rng(0)
    images: dict[str, np.ndarray] = {}
    for split, count in zip(SPLITS, (16, 10, 10), strict=True):
        labels = random.integers(0, 3, count)
        images[split] = random.integers(0, 6, (count, 4, 4, 1), np.uint8)
        for image, label in zip(images[split], labels, strict=True):
            image[2 * (label // 2) :, 2 * (label % 2) :][:2, :2] += 11
        images[f"{split}_labels"] = labels.astype(np.int16)
    text = {split: random.integers(1, 5, 300).astype(np.uint8) for split in SPLITS}
    _write(folder, "squares", images, ImageSpec, shape=(4, 4, 1), levels=17, classes=("round", "flat", "odd"))
    _write(folder, "prose", text, TextSpec, vocabulary=("\N{REPLACEMENT CHARACTER}", "\n", "a", "<", "&"))
    return load(folder / "params.yaml")


def save_models(folder: Path, params: Params) -> None:
    """Write every model as it is before training into ``artifacts/models``."""
    import keras

    from components.datasets.arrays import open_arrays
    from components.models import build, storage

    for name, config in params.models.items():
        keras.utils.set_random_seed(params.seed)
        data = open_arrays(folder / "data/arrays" / config.dataset)
        model = build(config, data.spec)
        model.conclude(data.split("train"), params.seed)
        target = folder / "artifacts/models" / name
        target.mkdir(parents=True)
        storage.save(model, target)


def run_step(step: str, *arguments: str) -> None:
    """Run a step in the current folder, as ``python -m components.STEP`` does."""
    from importlib import import_module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [step, *arguments])
        import_module(f"components.{step}").main()


@contextmanager
def recording(uri: str) -> Iterator[None]:
    """MLflow's record is at ``uri`` in the block, and then where it was: MLflow itself sets and clears its variable."""
    import mlflow

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", uri)
        try:
            yield
        finally:
            mlflow.set_tracking_uri(None)


def make_judges(folder: Path) -> None:
    """Make everything that models of ``folder`` are judged by: references and baselines of both data sets."""
    with pytest.MonkeyPatch.context() as patch, recording(f"sqlite:///{folder}/mlflow.db"):
        patch.chdir(folder)
        for step in ("reference", "baseline"):
            for dataset in ("squares", "prose"):
                run_step(step, dataset)


def _write(folder: Path, name: str, arrays: dict[str, np.ndarray], spec: type, **described) -> None:
    target = folder / "data/arrays" / name
    target.mkdir(parents=True)
    for split, array in arrays.items():
        np.save(target / f"{split}.npy", array)
    counts = {split: len(arrays[split]) for split in SPLITS}
    write_spec(
        target,
        spec(
            name=name,
            source=name,
            counts=counts,
            duplicates={"train, test": 0},
            arrays=hash_arrays(target),
            **described,
        ),
    )

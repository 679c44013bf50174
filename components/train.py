"""Train one model of ``params.yaml``: ``python -m components.train NAME``.

Writes the trained model, its curves and its sample series. Killed and started again, it goes on from its last
checkpoint and ends with the same bytes.
"""

import argparse
import os
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from components.costs import describe_machine, peak_memory, record_costs
from components.curves import write_curves
from components.datasets.arrays import Arrays, open_arrays
from components.files import atomic_folder, sha256
from components.params import ImageSpec, ModelConfig, Params, UserError, load, run_step

if TYPE_CHECKING:
    from components.models.contract import Family
    from components.training.feeds import Feed
    from components.training.loop import Trainer

CHECKPOINTS = Path(os.environ.get("MENAGERIE_CHECKPOINTS", ".menagerie/checkpoints"))
COLUMNS = ("epoch", "step", "loss", "val_loss", "learning_rate")


def main() -> None:
    """Train a model."""
    parser = argparse.ArgumentParser(prog="python -m components.train", description=__doc__.splitlines()[0])
    parser.add_argument("name", metavar="NAME", help="a model of params.yaml")
    name = parser.parse_args().name
    params = load()
    config = params.model(name)
    arrays = open_arrays(Path("data/arrays") / config.dataset)
    train(name, config, params, arrays)


def train(name: str, config: ModelConfig, params: Params, arrays: Arrays) -> None:
    """Train, and write what came out, whole or not at all."""
    import keras

    from components.backend import device, join, leads, leave, peak_device_memory
    from components.models import build
    from components.models.storage import save
    from components.registry.runs import training_run
    from components.training.checkpoints import training_key
    from components.training.loop import NonFiniteLossError

    keras.utils.set_random_seed(params.seed)
    join()
    model = build(config, arrays.spec)
    key = training_key(config, arrays.spec, params.seed)
    checkpoint = CHECKPOINTS / f"{name}-{key}"
    if not leads():
        make_trainer(name, model, params, arrays, checkpoint=checkpoint, callbacks=[]).run()
        leave()
        return
    with training_run(name, config, arrays.spec, params.seed, key) as run:
        so_far = keras.callbacks.CSVLogger(checkpoint / "curves.csv", append=True)  # for who watches from outside
        callbacks = [run.callback(checkpoint / "progress"), so_far]
        trainer = make_trainer(name, model, params, arrays, checkpoint=checkpoint, callbacks=callbacks)
        try:
            history = trainer.run()
        except NonFiniteLossError as error:
            raise UserError(f"train: {name}: {error} in {checkpoint}") from None
        leave()
        model.conclude(arrays.split("train"), params.seed)
        with atomic_folder(Path("artifacts/models") / name) as folder:
            save(model, folder)
        write_curves(Path("artifacts/curves") / f"{name}.csv", history, COLUMNS)
        with atomic_folder(Path("artifacts/progress") / name) as folder:
            shutil.copytree(checkpoint / "progress", folder, dirs_exist_ok=True)
        weights = sha256(Path("artifacts/models") / name / "model.safetensors")
        costs = {
            "seconds": round(trainer.seconds, 2),
            "examples_per_second": round(trainer.feed.examples * len(history) / trainer.seconds, 1),
            "peak_memory": peak_memory(),
            "peak_device_memory": peak_device_memory(),
        }
        record_costs(name, weights, "training", costs | describe_machine(keras.backend.backend(), device()))
        run.conclude(weights)
    shutil.rmtree(checkpoint)


def make_trainer(
    name: str, model: "Family", params: Params, arrays: Arrays, *, checkpoint: Path, callbacks: list[Any]
) -> "Trainer":
    """The trainer of a model, with everything that params.yaml asks for; only one that leads shows and records it."""
    from components.backend import leads
    from components.training.callbacks import BestWeights, ProgressReport, SampleSeries
    from components.training.loop import Trainer
    from components.training.validation import Validation
    from components.training.warnings import Warnings

    training = model.config.training
    updates = max(player.updates for player in model.players())
    held_out = feed(model, arrays, "validation", 1, None)
    write = partial(write_preview, examples=arrays.split("validation")[: params.evaluation.grid], params=params)
    witnesses = [
        SampleSeries(write, checkpoint / "progress", training.sample_every),
        *callbacks,
        Warnings(name),
        ProgressReport(name),
    ]
    return Trainer(
        model,
        training,
        feed(model, arrays, "train", updates, params.seed),
        Validation(model, held_out, params.execution.steps_per_call),
        callbacks=[BestWeights(training.best_weights, training.early_stopping), *(witnesses if leads() else [])],
        steps_per_call=params.execution.steps_per_call,
        checkpoint=checkpoint / "state.safetensors",
        checkpoint_seconds=params.execution.checkpoint_seconds,
    )


def feed(model: "Family", arrays: Arrays, split: str, updates: int, seed: int | None) -> "Feed":
    """The examples of a split as the model takes them."""
    from components.training.feeds import Examples, Streams, Windows

    data, size = arrays.split(split), model.config.training.batch_size
    if model.feed == "streams":
        return Streams(data, size, model.config.sequence_length, seed)
    if model.feed == "windows":
        return Windows(data, size, model.config.context, seed)
    named = arrays.examples(split)
    if seed is None or arrays.intensities is None:
        return Examples(named, size, updates, seed)
    return Examples(named | {"image": arrays.intensities}, size, updates, seed, binarize=True)


def write_preview(model: "Family", stem: Path, examples: Any, params: Params) -> None:
    """One entry of the sample series: a picture, or a text."""
    spec = model.spec
    if isinstance(spec, ImageSpec):
        from components.pictures import grid, save

        save(grid(model.preview(examples, params.seed), spec.levels), stem.with_suffix(".png"))
        if count := model.config.training.tracked_samples:
            np.save(stem.with_suffix(".npy"), model.sample(count, params.seed + 1))
    else:
        tokens = model.sample(1, params.seed, length=params.evaluation.text_length)
        stem.with_suffix(".txt").write_text(spec.text(tokens[0]), encoding="utf-8")


if __name__ == "__main__":
    run_step(main)

"""Train the classifier that samples of images are seen with: ``python -m components.reference KEY``.

Writes it to ``artifacts/reference/KEY``, with what it makes of the training and the test images, and how often it
is right to ``artifacts/metrics/reference``.
"""

from pathlib import Path

from components.datasets.arrays import Arrays, open_arrays
from components.datasets.command import read_command
from components.files import atomic_folder, sha256, write_json
from components.params import ImageSpec, Params, run_step

__all__ = ["main"]

FOLDER, METRICS = Path("artifacts/reference"), Path("artifacts/metrics/reference")


def main() -> None:
    """Train the classifier of the data set that the command line names."""
    params, name, _ = read_command("reference", "Train the classifier that samples of images are seen with.")
    arrays = open_arrays(Path("data/arrays") / name)
    if isinstance(arrays.spec, ImageSpec):
        learn(name, arrays, arrays.spec, params)
        return
    with atomic_folder(FOLDER / name) as folder:
        write_json(folder / "config.json", {})
    write_json(METRICS / f"{name}.json", {})
    print(f"{name}: texts are compared as they are, and need no classifier")


def learn(name: str, arrays: Arrays, spec: ImageSpec, params: Params) -> None:
    """Train, and write the classifier and what it makes of the images, whole or not at all."""
    import keras

    from components.evaluation.reference import Eye, write_seen
    from components.models.classifier import Classifier
    from components.models.storage import save
    from components.registry.references import register_reference
    from components.training.callbacks import BestWeights, ProgressReport
    from components.training.feeds import Examples
    from components.training.loop import Trainer
    from components.training.validation import Validation

    keras.utils.set_random_seed(params.seed)
    model = Classifier(params.reference, spec)
    fitting, size = params.reference.training, params.execution.steps_per_call
    Trainer(
        model,
        fitting,
        Examples(arrays.examples("train"), fitting.batch_size, seed=params.seed),
        Validation(model, Examples(arrays.examples("validation"), fitting.batch_size), size),
        callbacks=[BestWeights(fitting.best_weights, fitting.early_stopping), ProgressReport(f"reference of {name}")],
        steps_per_call=size,
    ).run()
    judged = Validation(model, Examples(arrays.examples("test"), fitting.batch_size), size)()
    with atomic_folder(FOLDER / name) as folder:
        save(model, folder)
        write_seen(Eye(model, fitting.batch_size), arrays, folder)
        weights = sha256(folder / "model.safetensors")
    metrics = {
        "accuracy": judged["accuracy"],
        "examples": len(arrays.split("test")),
        "told_apart": "classes" if spec.classes else "turned images",
        "weights": weights,
    }
    write_json(METRICS / f"{name}.json", metrics)
    register_reference(FOLDER / name, METRICS / f"{name}.json")
    print(f"reference of {name}: {metrics['told_apart']} told apart, test accuracy {judged['accuracy']:.4g}")


if __name__ == "__main__":
    run_step(main)

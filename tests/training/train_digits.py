"""A training that a test kills: ``python -m tests.training.train_digits IMAGES.npy FOLDER STEPS_PER_CALL``."""

import sys
from pathlib import Path

import keras
import numpy as np

from components.models import build
from components.models.storage import save
from components.params import ImageSpec, Optimizer, Training
from components.params.vae import VAEConfig
from components.training.callbacks import BestWeights
from components.training.feeds import Examples
from components.training.loop import Trainer
from components.training.validation import Validation


def main() -> None:
    images, folder, steps = np.load(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    spec = ImageSpec(name="digits", source="digits", shape=(8, 8, 1), levels=17, counts={}, duplicates={}, arrays={})
    config = VAEConfig(
        family="vae",
        dataset="digits",
        encoder="dense",
        widths=(32,),
        latent_dim=4,
        likelihood="bernoulli",
        beta=1.0,
        kl_warmup_steps=50,
        free_bits=0.0,
        training=Training(
            epochs=3,
            batch_size=16,
            optimizer=Optimizer(learning_rate=0.003, schedule="cosine", warmup_steps=20),
            ema=0.9,
            sample_every=1,
        ),
    )
    keras.utils.set_random_seed(7)
    model = build(config, spec)
    trainer = Trainer(
        model,
        config.training,
        Examples({"image": images[:1400]}, 16, seed=7),
        Validation(model, Examples({"image": images[1400:]}, 100), 8),
        callbacks=[BestWeights(keep=True, patience=None)],
        steps_per_call=steps,
        checkpoint=folder / "state.safetensors",
        checkpoint_seconds=0,
    )
    history = trainer.run()
    save(model, folder)
    (folder / "history.txt").write_text(repr(history))


if __name__ == "__main__":
    main()

"""Files of parameters: a valid one, and what makes it wrong."""

from typing import get_args

from components.params import ModelConfig
from components.params.vae import VAEConfig

__all__ = ["INVALID", "VALID"]

CONFIGS = get_args(get_args(ModelConfig)[0])
FAMILIES = ", ".join(sorted(get_args(config.model_fields["family"].annotation)[0] for config in CONFIGS))

VALID = """\
seed: 7
datasets:
  digits:
    kind: image
    source: digits
    watch: digits.py
    validation: 0.1
    test: 0.1
    levels: 17
  novel:
    kind: text
    source: ./novel.txt
    watch: ./novel.txt
    validation: 0.1
    test: 0.1
models:
  vae:
    family: vae
    dataset: digits
    encoder: dense
    widths: [64]
    latent_dim: 8
    likelihood: bernoulli
    beta: 1
    kl_warmup_steps: 0
    free_bits: 0.0
    training:
      epochs: 2
      batch_size: 64
      optimizer:
        learning_rate: 1e-3
      sample_every: 1
  lstm:
    family: lstm
    dataset: novel
    cell: gru
    layers: 1
    units: 16
    embedding_dim: 8
    dropout: 0.0
    tie_embeddings: false
    sequence_length: 32
    training: {epochs: 2, batch_size: 8, optimizer: {learning_rate: 0.01}, sample_every: 2}
evaluation: {batch_size: 100, grid: 64, walk_steps: 10, importance_samples: 64, samples: 400, texts: 64,
  text_length: 500, sample_seeds: 3, bootstrap: 100, neighbours: 5, annealing_chains: 16, annealing_temperatures: 100}
execution:
  steps_per_call: 64
  checkpoint_seconds: 60
  parallel_stages: 2
  stage_timeout_minutes: 60
  stage_retries: 3
  retry_seconds: 20
reference: {widths: [8], features: 4, training: {epochs: 1, batch_size: 8, optimizer: {learning_rate: 0.01}}}
gate: {diagnosis: warning, bars: {precision: {least: 0.5}}, not_worse: [coverage, elbo_nats], standard_errors: 3.0}
"""

# What is replaced in the valid file, by what, and the one line that answers it.
INVALID = {
    "an unknown key": (
        "    latent_dim: 8\n",
        "    latent_dim: 8\n    colour: red\n",
        f"23: models.vae.colour: unknown key (value 'red'); allowed: {', '.join(VAEConfig.model_fields)}",
    ),
    "a misspelt key": (
        "latent_dim: 8",
        "latent_dmi: 16",
        "22: models.vae.latent_dmi: unknown key (value 16); did you mean latent_dim?",
    ),
    "a misspelt key deep inside": (
        "learning_rate: 1e-3",
        "learning_rat: 1e-3",
        "31: models.vae.training.optimizer.learning_rat: unknown key (value 0.001); did you mean learning_rate?",
    ),
    "a misspelt section": (
        "evaluation:",
        "evalation:",
        '44: evalation: unknown key (value {"batch_size": 100, "grid": 64, "walk_steps": 10, "importan…); '
        "did you mean evaluation?",
    ),
    "a missing key": (
        "    beta: 1\n",
        "",
        "17: models.vae.beta: required key is missing; allowed: a number > 0",
    ),
    "a missing section": (
        "      optimizer:\n        learning_rate: 1e-3\n",
        "",
        "27: models.vae.training.optimizer: required key is missing; allowed: a mapping",
    ),
    "a missing family": (
        "    family: vae\n",
        "",
        f"17: models.vae.family: required key is missing; allowed: {FAMILIES}",
    ),
    "a misspelt family key": (
        "family: vae",
        "famly: vae",
        "18: models.vae.famly: unknown key (value 'vae'); did you mean family?",
    ),
    "an unknown family": (
        "family: vae",
        "family: vea",
        f"18: models.vae.family: 'vea' is unknown; allowed: {FAMILIES}; did you mean vae?",
    ),
    "a family far from all": (
        "family: vae",
        "family: 7",
        f"18: models.vae.family: 7 is unknown; allowed: {FAMILIES}",
    ),
    "a model that is no mapping": (
        "evaluation:",
        "  gan:\nevaluation:",
        "44: models.gan: null is not a mapping; allowed: a mapping",
    ),
    "text for a number": (
        "beta: 1",
        "beta: high",
        "24: models.vae.beta: 'high' is not a number; allowed: a number > 0",
    ),
    "a number in quotes": (
        "seed: 7",
        "seed: '7'",
        "1: seed: '7' is not an integer; allowed: an integer >= 0 and < 2147483648",
    ),
    "true for an integer": (
        "units: 16",
        "units: true",
        "38: models.lstm.units: true is not an integer; allowed: an integer >= 1",
    ),
    "a fraction for an integer": (
        "units: 16",
        "units: 16.5",
        "38: models.lstm.units: 16.5 is not an integer; allowed: an integer >= 1",
    ),
    "nothing where a number belongs": (
        "units: 16",
        "units:",
        "38: models.lstm.units: null is not an integer; allowed: an integer >= 1",
    ),
    "1 for true": (
        "tie_embeddings: false",
        "tie_embeddings: 1",
        "41: models.lstm.tie_embeddings: 1 is not true or false; allowed: true or false",
    ),
    "a number for text": (
        "source: digits",
        "source: 7",
        "5: datasets.digits.source: 7 is not text; allowed: text",
    ),
    "a number for a list": (
        "widths: [64]",
        "widths: 64",
        "21: models.vae.widths: 64 is not a list; allowed: a list of 1 or more, each an integer >= 1",
    ),
    "an empty list": (
        "widths: [64]",
        "widths: []",
        "21: models.vae.widths: [] has the wrong length; allowed: a list of 1 or more, each an integer >= 1",
    ),
    "a wrong entry": (
        "widths: [64]",
        "widths:\n      - 64\n      - 0",
        "23: models.vae.widths[1]: 0 is out of range; allowed: an integer >= 1",
    ),
    "a pair of one": (
        "levels: 17",
        "size: [8]",
        "9: datasets.digits.size: [8] has the wrong length; allowed: a list of 2, each an integer >= 1 or null",
    ),
    "a number below its range": (
        "beta: 1",
        "beta: 0",
        "24: models.vae.beta: 0 is out of range; allowed: a number > 0",
    ),
    "a number above its range": (
        "levels: 17",
        "levels: 257",
        "9: datasets.digits.levels: 257 is out of range; allowed: an integer >= 2 and <= 256 or null",
    ),
    "a number that is none": (
        "beta: 1",
        "beta: .nan",
        "24: models.vae.beta: NaN is not finite; allowed: a number > 0",
    ),
    "an unknown choice": (
        "cell: gru",
        "cell: gur",
        "36: models.lstm.cell: 'gur' is unknown; allowed: lstm, gru; did you mean gru?",
    ),
    "an unknown kind of data set": (
        "kind: text",
        "kind: txt",
        "11: datasets.novel.kind: 'txt' is unknown; allowed: image, text; did you mean text?",
    ),
    "an unknown choice of numbers": (
        "levels: 17",
        "channels: 2",
        "9: datasets.digits.channels: 2 is unknown; allowed: 1, 3 or null",
    ),
    "an unknown data set": (
        "dataset: digits",
        "dataset: digts",
        "19: models.vae.dataset: 'digts' is not in datasets; allowed: digits; did you mean digits?",
    ),
    "a data set of another kind": (
        "dataset: digits",
        "dataset: novel",
        "19: models.vae.dataset: 'novel' is a data set of kind text, and the family learns image; allowed: digits",
    ),
    "no data sets": (
        "kind: image\n    source: digits\n    watch: digits.py\n    validation: 0.1\n    test: 0.1\n    levels: 17\n",
        "kind: text\n    source: digits\n    watch: digits.py\n    validation: 0.1\n    test: 0.1\n",
        "18: models.vae.dataset: 'digits' is a data set of kind text, and the family learns image; "
        "allowed: a data set of kind image, and there is none",
    ),
    "a name in capitals": (
        "  lstm:\n",
        "  LSTM:\n",
        "33: models.LSTM: not a name; allowed: lower-case letters, digits, - and _, of which - and _ not first",
    ),
    "a name with a slash": (
        "  vae:\n",
        "  a/b:\n",
        "17: models.a/b: not a name; allowed: lower-case letters, digits, - and _, of which - and _ not first",
    ),
    "a name that YAML reads as a number": (
        "  lstm:\n",
        "  7:\n",
        "33: models.7: a key that is not text; write it in quotes",
    ),
    "a key given twice": (
        "units: 16",
        "units: 16\n    units: 32",
        "39: models.lstm.units: given twice, first on line 38",
    ),
    "nothing left to train on": (
        "validation: 0.1\n    test: 0.1\n    levels",
        "validation: 0.5\n    test: 0.5\n    levels",
        "8: datasets.digits.test: 0.5 and validation 0.5 leave nothing to train on; allowed: less than 1 in all",
    ),
    "levels of a text": (
        "watch: ./novel.txt",
        "watch: ./novel.txt\n    levels: 16",
        "14: datasets.novel.levels: 16 is for images; allowed: no such key where kind is text",
    ),
    "levels of binary images": (
        "levels: 17",
        "levels: 17\n    binarization: dynamic",
        "10: datasets.digits.binarization: 'dynamic' makes two levels of 256; allowed: no key levels beside it",
    ),
    "a binarization that nobody knows": (
        "levels: 17",
        "binarization: dynamical",
        "9: datasets.digits.binarization: 'dynamical' is unknown; allowed: dynamic, static or null; "
        "did you mean dynamic?",
    ),
    "a watch that is not the path": (
        "watch: ./novel.txt",
        "watch: novel.txt",
        "13: datasets.novel.watch: 'novel.txt' is not the path that source names; allowed: ./novel.txt",
    ),
    "a path that does not begin as one": (
        "source: ./novel.txt",
        "source: my books/novel.txt",
        "12: datasets.novel.source: 'my books/novel.txt' is no TFDS name, and no path; "
        "allowed: mnist, wiki40b/en, …, or a path from ./, ../ or /",
    ),
    "a home that DVC would not find": (
        "source: ./novel.txt",
        "source: ~/novel.txt",
        "12: datasets.novel.source: '~/novel.txt' is no TFDS name, and no path; "
        "allowed: mnist, wiki40b/en, …, or a path from ./, ../ or /",
    ),
    "a parameter of another optimiser": (
        "learning_rate: 1e-3",
        "name: sgd\n        learning_rate: 1e-3\n        beta_1: 0.9",
        "33: models.vae.training.optimizer.beta_1: 0.9 is for adam and adamw, not sgd; allowed: no such key",
    ),
    "a value of many lines": (
        "cell: gru",
        'cell: "gru\\nor lstm"',
        "36: models.lstm.cell: 'gru\\nor lstm' is unknown; allowed: lstm, gru",
    ),
}

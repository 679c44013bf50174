from pathlib import Path

import pytest

from components.params import Range, UserError, load
from components.params.gan import GANConfig
from components.params.sweep import parameters
from tests.params.examples import VALID

SWEEP = """\
sweeps:
  small:
    model: vae
    trials: 4
    space:
      latent_dim: {least: 2, most: 16}
      widths: {choices: [[64], [64, 32]]}
      encoder: {choices: [dense, convolutional]}
      training.optimizer.learning_rate: {least: 1e-4, most: 1e-2, log: true}
      training.optimizer.clip_norm: {least: 1, most: 100}
"""
FIRST = len(VALID.splitlines())  # the line of `sweeps:` is the next

# What is replaced in the section, by what, and the one line that answers it, its number counted from `sweeps:`.
INVALID = {
    "an unknown model": (
        "model: vae",
        "model: vea",
        "3: sweeps.small.model: 'vea' is not in models; allowed: vae, lstm; did you mean vae?",
    ),
    "a key that the model lacks": (
        "latent_dim:",
        "latent_dmi:",
        "6: sweeps.small.space.latent_dmi: no parameter of vae that can be varied; did you mean latent_dim?",
    ),
    "a section for a parameter": (
        "latent_dim:",
        "training.optimizer:",
        "6: sweeps.small.space.training.optimizer: no parameter of vae that can be varied; "
        "did you mean training.optimizer.name?",
    ),
    "other data": (
        "latent_dim: {least: 2, most: 16}",
        "dataset: {choices: [digits, novel]}",
        "6: sweeps.small.space.dataset: no parameter of vae that can be varied; allowed: a key of its section, dotted",
    ),
    "a bound that the model refuses": (
        "least: 2",
        "least: 0",
        "6: sweeps.small.space.latent_dim.least: 0 is out of range; allowed: an integer >= 1",
    ),
    "half of a dimension": (
        "most: 16",
        "most: 16.5",
        "6: sweeps.small.space.latent_dim.most: 16.5 is not an integer; allowed: an integer >= 1",
    ),
    "bounds of a name": (
        "encoder: {choices: [dense, convolutional]}",
        "encoder: {least: 1, most: 2}",
        "8: sweeps.small.space.encoder.least: 1 is unknown; allowed: dense, convolutional, recurrent, transformer",
    ),
    "a choice that the model does not know": (
        "convolutional]",
        "convolutionl]",
        "8: sweeps.small.space.encoder.choices[1]: 'convolutionl' is unknown; "
        "allowed: dense, convolutional, recurrent, transformer; did you mean convolutional?",
    ),
    "a choice of the wrong kind": (
        "[64, 32]",
        "[64, 0]",
        "7: sweeps.small.space.widths.choices[1]: 0 is out of range; allowed: an integer >= 1",
    ),
    "a choice that does not go with the rest": (
        "latent_dim: {least: 2, most: 16}",
        "training.optimizer.momentum: {least: 0.5, most: 0.9}",
        "6: sweeps.small.space.training.optimizer.momentum.least: 0.5 is for rmsprop and sgd, not adam; "
        "allowed: no such key",
    ),
    "bounds the wrong way round": (
        "least: 2, most: 16",
        "least: 16, most: 2",
        '6: sweeps.small.space.latent_dim: {"least": 16, "most": 2} leaves nothing to choose; '
        "allowed: a least that is below most",
    ),
    "one bound": (
        "least: 2, most: 16",
        "least: 2",
        '6: sweeps.small.space.latent_dim: {"least": 2} is no range; allowed: least and most, or choices',
    ),
    "one choice": (
        "[dense, convolutional]",
        "[dense]",
        '8: sweeps.small.space.encoder: {"choices": ["dense"]} leaves nothing to choose; allowed: two or more choices',
    ),
    "the logarithm of nothing": (
        "least: 1e-4",
        "least: 0",
        '9: sweeps.small.space.training.optimizer.learning_rate: {"least": 0, "most": 0.01, "log": true} '
        "has no logarithm at its least; allowed: a least above 0, or no log",
    ),
    "no trials": (
        "trials: 4",
        "trials: 0",
        "4: sweeps.small.trials: 0 is out of range; allowed: an integer >= 1",
    ),
    "an unknown key": (
        "trials: 4",
        "trials: 4\n    paralel: 2",
        "5: sweeps.small.paralel: unknown key (value 2); did you mean parallel?",
    ),
}


def write(section: str) -> None:
    Path("params.yaml").write_text(VALID + section)


@pytest.mark.parametrize("name", INVALID)
def test_a_mistake_is_one_line(name: str, folder: Path) -> None:
    old, new, answer = INVALID[name]
    assert old in SWEEP
    write(SWEEP.replace(old, new, 1))
    with pytest.raises(UserError) as caught:
        load()
    line, _, words = answer.partition(":")
    assert caught.value.lines == (f"params.yaml:{FIRST + int(line)}:{words}",)


def test_a_sweep_is_found_by_its_name(folder: Path) -> None:
    write(SWEEP)
    params = load()
    assert params.sweep("small").space["widths"].choices == ([64], [64, 32])
    with pytest.raises(UserError, match="sweeps: no sweep is named 'smal'; did you mean small"):
        params.sweep("smal")


def test_a_range_knows_what_lies_in_it() -> None:
    assert 3 in Range(least=2, most=4)
    assert 5 not in Range(least=2, most=4)
    assert None not in Range(least=2, most=4)
    assert [64, 32] in Range(choices=([64], [64, 32]))


def test_parameters_of_a_section_are_those_inside_it_too() -> None:
    known = parameters(GANConfig)
    assert float in known["discriminator.optimizer.beta_1"]
    assert float not in known["generator.kernel"]
    assert "generator" not in known

from pathlib import Path

import pytest
from pydantic import ValidationError

from components.params import UserError, load
from components.params.vae import VAEConfig
from tests.params.examples import INVALID, VALID

# What is replaced in the valid file, and by what, without harm.
ALSO_VALID = {
    "an integer for a number": ("beta: 1", "beta: 2"),
    "a float with an exponent": ("beta: 1", "beta: 2e0"),
    "a shared part": ("evaluation:", "  copy: {<<: *lstm, units: 32}\nevaluation:"),
    "null for a switch": ("levels: 17", "levels: null"),
    "an image's default on a text": ("watch: ./novel.txt", "watch: ./novel.txt\n    undecodable: 0"),
    "binary images": ("levels: 17", "binarization: static"),
    "a TFDS name with a configuration": ("source: digits", "source: emnist/letters"),
    "a TFDS name with a version": ("source: digits", "source: mnist:3.0.1"),
    "a parameter of the optimiser": (
        "learning_rate: 1e-3",
        "name: sgd\n        learning_rate: 1e-3\n        momentum: 0.9",
    ),
}


@pytest.mark.parametrize("name", INVALID)
def test_a_mistake_is_one_line(name: str, folder: Path) -> None:
    old, new, line = INVALID[name]
    assert old in VALID
    Path("params.yaml").write_text(VALID.replace(old, new, 1))
    assert lines_of_mistakes() == [f"params.yaml:{line}"]


@pytest.mark.parametrize("name", ALSO_VALID)
def test_what_is_valid_is_read(name: str, folder: Path) -> None:
    old, new = ALSO_VALID[name]
    text = VALID.replace("  lstm:\n", "  lstm: &lstm\n")
    assert old in text
    Path("params.yaml").write_text(text.replace(old, new, 1))
    load()


def test_values_and_their_types(folder: Path) -> None:
    Path("params.yaml").write_text(VALID)
    params = load()
    vae = params.models["vae"]
    assert isinstance(vae, VAEConfig)
    assert (vae.widths, vae.beta, vae.training.optimizer.learning_rate) == ((64,), 1.0, 0.001)
    assert isinstance(vae.beta, float)
    assert not params.datasets["digits"].is_path
    assert params.datasets["novel"].is_path


def test_parameters_are_frozen(folder: Path) -> None:
    Path("params.yaml").write_text(VALID)
    with pytest.raises(ValidationError, match="frozen"):
        load().seed = 8


def test_all_mistakes_at_once_in_the_order_of_the_file(folder: Path) -> None:
    text = VALID
    for name in ("an unknown data set", "text for a number", "a key given twice", "1 for true", "a number in quotes"):
        old, new, _ = INVALID[name]
        text = text.replace(old, new, 1)
    Path("params.yaml").write_text(text)
    assert [line.split(": ")[1] for line in lines_of_mistakes()] == [
        "seed",
        "models.vae.dataset",
        "models.vae.beta",
        "models.lstm.units",
        "models.lstm.tie_embeddings",
    ]


def test_a_wrong_file_is_one_line(folder: Path) -> None:
    for content, line in {
        b"": "params.yaml: holds no mapping of parameters",
        b"- 7": "params.yaml: holds no mapping of parameters",
        b"seed: 7\n beta: 1": "params.yaml:2: not YAML: mapping values are not allowed here",
        b"seed: *other": "params.yaml:1: not YAML: found undefined alias 'other'",
        b"seed: &a [*a]": "params.yaml: not parameters: nested too deeply, or in itself",
        b"seed: \xff": "params.yaml: not UTF-8 text: invalid start byte at byte 6",
    }.items():
        Path("params.yaml").write_bytes(content)
        assert lines_of_mistakes() == [line]


def test_a_missing_file_is_one_line(folder: Path) -> None:
    assert lines_of_mistakes() == ["params.yaml: cannot be read: No such file or directory"]
    Path("params.yaml").mkdir()
    assert lines_of_mistakes() == ["params.yaml: cannot be read: Is a directory"]


def lines_of_mistakes() -> list[str]:
    with pytest.raises(UserError) as raised:
        load()
    assert str(raised.value).splitlines() == list(raised.value.lines)
    return list(raised.value.lines)

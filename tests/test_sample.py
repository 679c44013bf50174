"""Samples on the command line."""

import sys
from pathlib import Path

import pytest
from PIL import Image

from components import sample
from components.params import UserError
from tests.workplace import CONDITIONAL, make_workplace, save_models


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    save_models(folder, make_workplace(folder, CONDITIONAL))
    return folder


def run(folder: Path, monkeypatch, *arguments: str) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["sample", *arguments])
    sample.main()


def test_a_picture_of_n_samples_the_same_for_the_same_seed(trained, monkeypatch, tmp_path, capsys):
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        run(trained, monkeypatch, "vae", "--n", "6", "--seed", seed, "--out", str(tmp_path / f"{name}.png"))
    assert capsys.readouterr().out.splitlines()[0] == str(tmp_path / "a.png")
    a, b, c = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert a == b != c
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (3 * 42 - 2, 2 * 42 - 2)


def test_a_class_can_be_asked_for_and_must_be_there(trained, monkeypatch, tmp_path):
    for name, label in (("a", "0"), ("b", "0"), ("c", "2")):
        options = ("--label", label, "--n", "2", "--out", str(tmp_path / f"{name}.png"))
        run(trained, monkeypatch, "conditional", *options)
    a, b, c = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert a == b != c
    with pytest.raises(UserError, match="label: 3; allowed: -1 or a class from 0 to 2"):
        run(trained, monkeypatch, "conditional", "--label", "3")
    with pytest.raises(UserError, match="label: 0; allowed: -1, it is not conditional"):
        run(trained, monkeypatch, "vae", "--label", "0")


def test_without_out_the_picture_goes_where_git_does_not_look(trained, monkeypatch, capsys):
    run(trained, monkeypatch, "denoiser")
    assert capsys.readouterr().out.strip() == ".menagerie/samples/denoiser-7.png"
    assert (trained / ".menagerie/samples/denoiser-7.png").exists()


def test_text_continues_its_prompt(trained, monkeypatch, capsys):
    run(trained, monkeypatch, "lstm", "--length", "9", "--prompt", "a<a", "--temperature", "0.5")
    text = capsys.readouterr().out
    assert text.startswith("a<a")
    assert len(text) == 3 + 9 + 1


def test_texts_can_go_to_a_file(trained, monkeypatch, tmp_path):
    run(trained, monkeypatch, "lstm", "--n", "2", "--length", "5", "--out", str(tmp_path / "texts.txt"))
    assert len((tmp_path / "texts.txt").read_text().removesuffix("\n").split(sample.SEPARATOR)) == 2


def test_help_lists_the_knobs_of_the_model(trained, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        run(trained, monkeypatch, "vae", "--help")
    assert "--pixel-noise" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["vae", "--length", "3"], ["vae", "--n", "0"], ["lstm", "--seed", "-1"], ["lstm", "--top-k", "many"]]
)
def test_an_option_that_the_model_lacks_or_a_wrong_value_is_refused(trained, monkeypatch, arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        run(trained, monkeypatch, *arguments)
    assert caught.value.code == 2
    assert arguments[1] in capsys.readouterr().err


def test_an_unknown_name_gets_the_nearest_trained_one(trained, monkeypatch):
    with pytest.raises(UserError, match=r"'lstn'; did you mean lstm\?; trained are: conditional, denoiser, lstm, vae"):
        run(trained, monkeypatch, "lstn")


def test_an_untrained_model_gets_the_command_that_trains_it(tmp_path, monkeypatch):
    make_workplace(tmp_path)
    with pytest.raises(UserError, match="`dvc repro train@vae` trains it") as caught:
        run(tmp_path, monkeypatch, "vae")
    assert len(caught.value.lines) == 1

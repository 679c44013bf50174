import numpy as np

from components.training.feeds import Examples
from components.training.loop import Trainer
from components.training.validation import Validation
from components.training.warnings import Warnings
from tests.training.toy import Line, training


class Anxious(Line):
    def warnings(self, logs):
        return [f"{name} is {logs[name]:.2f}" for name in ("loss", "val_loss") if logs[name] > 1]


def run(model, epochs):
    feed = Examples({"image": np.ones((8, 1, 1, 1), "uint8")}, 4)
    Trainer(model, training(epochs=epochs), feed, Validation(model, feed, 2), callbacks=[Warnings("it")]).run()


def test_what_a_family_finds_wrong_is_said_in_the_epoch_that_it_is_wrong_in(capsys):
    run(Anxious(), 3)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("it: epoch 1 of 3: warning: loss is ")
    assert not any("epoch 3" in line for line in lines)


def test_a_family_without_warnings_is_not_asked(capsys):
    run(Line(), 1)
    assert capsys.readouterr().out == ""

"""What is wrong is said while a model trains, and nothing else."""

import pytest

from components.training.warnings import Warnings

HELD = {"loss": 0.1, "energy_gap": -0.2, "energy_spread": 0.1}


@pytest.mark.parametrize(
    ("logs", "said"),
    [
        ({"loss": 1.0}, ""),
        (HELD, ""),
        (
            HELD | {"energy_gap": -0.6},
            "ebm: epoch 3 of 9: warning: energies of data and samples drift apart: -0.6, when those of data spread over"
            " 0.1\n",
        ),
    ],
)
def test_an_epoch_adrift_is_told(logs, said, capsys):
    callback = Warnings("ebm")
    callback.set_params({"epochs": 9})
    callback.on_epoch_end(2, logs)
    assert capsys.readouterr().out == said

"""Results of three models, with numbers written by hand."""

from typing import Any

import pytest

from components.datasets.arrays import open_arrays
from components.reporting import Result
from tests.workplace import make_workplace


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> list[Result]:
    folder = tmp_path_factory.mktemp("results")
    params = make_workplace(folder)
    metrics: dict[str, Any] = {
        "denoiser": {"parameters": 12345, "reconstruction_error": {"mean": 0.01234, "standard_error": 0.00042}},
        "vae": {"parameters": 99, "elbo_nats": {"mean": -98.23, "standard_error": 1.26, "k": 2}},
        "lstm": {"parameters": 7, "perplexity": {"mean": 4.3649, "standard_error": None}},
    }
    costs = {"denoiser": {"training": {"seconds": 23.456}, "sampling": {"samples_per_second": 2.0}}}
    return [
        Result(
            name,
            config,
            open_arrays(folder / "data/arrays" / config.dataset),
            metrics[name],
            costs.get(name, {}),
            receipt={},
            curves={},
            files={},
            series={},
        )
        for name, config in params.models.items()
    ]

"""Whether the table's order of models survives another seed.

    python -m benchmarks.ranking artifacts/metrics OTHER/artifacts/metrics

Two folders of metrics of the same models, trained and judged by two seeds. A pair of models is *separated* by a metric
where the difference of its values is more than so many standard errors of that difference, 4 as in the table unless
``--errors`` says otherwise. Every pair that one run
separates should stand in the same order in the other; for each metric the table says how many pairs there are, how
many are separated by one run at least, how many of those stand the other way round, and the same of pairs that both
separate.
"""

import argparse
import json
import math
from itertools import combinations
from pathlib import Path

from components.params import load
from components.reporting.standing import SEPARATE

__all__ = ["main", "pairs"]

METRICS = (
    "frechet_distance",
    "frechet_distance_infinite",
    "kernel_distance",
    "energy_distance",
    "precision",
    "recall",
    "density",
    "coverage",
    "class_distance",
    "log_likelihood_bits_per_dim",
    "elbo_bits_per_dim",
    "importance_bound_bits_per_dim",
    "bits_per_character",
)
Value = tuple[float, float]


def main() -> None:
    """Compare two runs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranking", description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs=2, type=Path, metavar="METRICS", help="a folder of artifacts/metrics")
    parser.add_argument("--errors", type=float, default=SEPARATE, help="standard errors that separate two numbers")
    options = parser.parse_args()
    runs = [_read(folder) for folder in options.folders]
    datasets = {name: config.dataset for name, config in load().models.items()}
    print(f"{'metric':<32}{'pairs':>7}{'by one':>8}{'turned':>8}{'by both':>9}{'turned':>8}  which")
    for metric in METRICS:
        here, there = ({name: values[metric] for name, values in run.items() if metric in values} for run in runs)
        found = [
            (pair, *pairs(here, there, pair, options.errors))
            for pair in combinations(sorted(here.keys() & there.keys()), 2)
            if datasets[pair[0]] == datasets[pair[1]]
        ]
        if found:
            turned = [f"{a}/{b}" for (a, b), one, _, same in found if one and not same]
            by_one, by_both = sum(row[1] for row in found), sum(row[2] for row in found)
            wrong = sum(both and not same for _, _, both, same in found)
            print(f"{metric:<32}{len(found):>7}{by_one:>8}{len(turned):>8}{by_both:>9}{wrong:>8}  {', '.join(turned)}")


def pairs(
    here: dict[str, Value], there: dict[str, Value], pair: tuple[str, str], limit: float
) -> tuple[bool, bool, bool]:
    """Whether a pair is separated by one run at least, by both, and whether it stands in the same order in both."""
    differences = [run[pair[0]][0] - run[pair[1]][0] for run in (here, there)]
    errors = [math.hypot(run[pair[0]][1], run[pair[1]][1]) for run in (here, there)]
    separated = [abs(difference) > limit * error for difference, error in zip(differences, errors, strict=True)]
    return any(separated), all(separated), differences[0] * differences[1] > 0


def _read(folder: Path) -> dict[str, dict[str, Value]]:
    """Value and standard error of each metric of each model."""
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
    return {
        name: {
            metric: (value["mean"], value["standard_error"])
            for metric, value in metrics.items()
            if isinstance(value, dict) and value.get("standard_error") is not None
        }
        for name, metrics in found.items()
    }


if __name__ == "__main__":
    main()

"""The gate: what numbers say by rules, and what becomes of the version that they are about."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest

from components.files import write_json
from components.params import Gate
from components.params.gate import Bar
from components.registry.challenger import CHALLENGER, read_verdicts
from components.registry.champions import move_champion
from components.registry.gate import Judged, Measured, judge, passed, read_judged
from tests.registry.workshop import change_weights, register_model

RULES = Gate(
    diagnosis="warning",
    bars={"coverage": Bar(least=0.5), "diversity": Bar(least=0.5, most=1.5)},
    not_worse=("frechet_distance", "coverage", "elbo_nats"),
    standard_errors=3.0,
)
TERMS = {"data": "a", "evaluation parameters": "b"}
CHAMPION = Judged(1, {"frechet_distance": Measured(3.0, 0.3), "coverage": Measured(0.9, 0.01)}, None, TERMS)
ELSEWHERE = """\
import sys, time
from pathlib import Path
from components.registry.tracking import connect
from tests.registry.workshop import register_model
connect()
Path(sys.argv[1]).touch()
while len(list(Path().glob("ready-*"))) < 2:
    time.sleep(0.01)
print(*(register_model(name).version for name in ("vae", "denoiser", "lstm")))
"""


def outcomes(candidate: Judged, champion: Judged | None = None) -> dict[str, bool]:
    return {verdict.rule: verdict.passed for verdict in judge(candidate, champion, RULES)}


@pytest.mark.parametrize(("severity", "passes"), [(None, True), ("note", True), ("warning", True), ("error", False)])
def test_a_grave_diagnosis_does_not_pass(severity, passes):
    assert outcomes(Judged(2, {}, severity))["diagnosis"] == passes
    (verdict, _) = judge(Judged(2, {}, severity), None, RULES.model_copy(update={"diagnosis": None}))
    assert verdict.passed == (severity is None)


@pytest.mark.parametrize(("coverage", "diversity"), [(0.5, 1.0), (0.49, 1.0), (0.6, 1.6), (0.6, 0.4)])
def test_a_bar_is_for_the_mean_and_only_of_metrics_that_a_model_has(coverage, diversity):
    found = outcomes(Judged(2, {"coverage": Measured(coverage, 0.1), "diversity": Measured(diversity)}))
    assert (found["bar.coverage"], found["bar.diversity"]) == (coverage >= 0.5, 0.5 <= diversity <= 1.5)
    assert outcomes(Judged(2, {})).keys() == {"diagnosis", "not_worse"}


@pytest.mark.parametrize(
    ("metric", "number", "passes"),
    [
        ("frechet_distance", Measured(4.4, 0.4), True),  # 2.8 standard errors above, of 0.5
        ("frechet_distance", Measured(4.6, 0.4), False),  # 3.2
        ("frechet_distance", Measured(0.1, 0.4), True),  # better by as much
        ("frechet_distance", Measured(9.0), True),  # by how much it is worse nobody knows
        ("coverage", Measured(0.86, 0.01), True),
        ("coverage", Measured(0.84, 0.01), False),
        ("coverage", Measured(1.0, 0.0), True),
    ],
)
def test_worse_is_what_is_beyond_the_error_of_the_difference_to_the_worse_side(metric, number, passes):
    found = outcomes(Judged(2, {metric: number}, None, TERMS), CHAMPION)
    assert found[f"not_worse.{metric}"] == passes
    assert "not_worse.elbo_nats" not in found


def test_numbers_on_other_terms_do_not_compare():
    worse = {"frechet_distance": Measured(99.0, 0.1)}
    verdict = judge(Judged(2, worse, None, TERMS | {"data": "c"}), CHAMPION, RULES)[-1]
    assert (verdict.passed, verdict.reason) == (True, "not compared with version 1: other data")
    assert not passed(judge(Judged(2, worse, None, TERMS), CHAMPION, RULES))


def test_a_verdict_says_its_numbers():
    (*_, verdict) = judge(Judged(2, {"frechet_distance": Measured(5.0, 0.4)}, None, TERMS), CHAMPION, RULES)
    assert str(verdict) == "failed: worse by 4.0 standard errors: 5 ± 0.4, version 1 has 3 ± 0.3"


@pytest.fixture
def client(experiment, workshop):
    return mlflow.MlflowClient()


def remeasure(name: str, **numbers: tuple[float, float] | None) -> None:
    """Give a model other weights, which no other test gives it, and metrics as ``(mean, standard error)``."""
    change_weights(name, by=0.3)
    metrics = {key: {"mean": value[0], "standard_error": value[1]} for key, value in numbers.items() if value}
    write_json(Path("artifacts/metrics", f"{name}.json"), metrics)


def holder(client, name: str, alias: str) -> str | None:
    return client.get_registered_model(name).aliases.get(alias)


def test_numbers_are_read_as_they_were_recorded(client):
    remeasure("vae", elbo_nats=(-80.5, 0.25), coverage=(0.9, 0.01))
    write_json(Path("artifacts/evaluation/vae/judge.json"), {"evaluation": "e", "reference": "r"})
    version = register_model("vae")
    judged = read_judged(version)
    assert judged.metrics == {"elbo_nats": Measured(-80.5, 0.25), "coverage": Measured(0.9, 0.01)}
    assert judged.terms == {
        "data": version.tags["menagerie.data"],
        "evaluation parameters": "e",
        "reference classifier": "r",
        "conditioning": "False",
    }
    write_json(Path("artifacts/metrics/vae.json"), {"coverage": {"mean": 0.5, "standard_error": None}})
    (found,) = read_judged(register_model("vae")).metrics.values()
    assert found.mean == 0.5
    assert math.isnan(found.standard_error)


def test_whoever_passes_is_challenger_until_it_does_not(client):
    remeasure("denoiser", coverage=(0.9, 0.01))
    good = register_model("denoiser")
    assert holder(client, "denoiser", CHALLENGER) == good.version
    assert good.tags["menagerie.gate"] == "passed"
    assert good.tags["menagerie.gate.bar.coverage"] == "passed: 0.9 ± 0.01, allowed: 0.1 at least"
    assert "| bar.coverage | passed | 0.9 ± 0.01, allowed: 0.1 at least |" in good.description

    remeasure("denoiser", coverage=(0.05, 0.01))
    bad = register_model("denoiser")
    assert holder(client, "denoiser", CHALLENGER) == good.version
    assert holder(client, "denoiser", "candidate") == bad.version
    assert bad.tags["menagerie.gate"] == "failed"
    assert "| bar.coverage | **failed** | 0.05" in bad.description

    metrics = Path("artifacts/metrics/denoiser.json")
    metrics.write_text(metrics.read_text().replace("0.05", "0.5"))
    assert register_model("denoiser").version == holder(client, "denoiser", CHALLENGER) == bad.version
    metrics.write_text('{"diversity": {"mean": 1.0, "standard_error": 0.1}}')
    assert {verdict.rule for verdict in read_verdicts(register_model("denoiser"))} == {"diagnosis", "not_worse"}


def test_a_version_is_judged_beside_the_champion_which_is_no_challenger_of_its_own(client):
    remeasure("lstm", elbo_nats=(-80.0, 0.5))
    first = register_model("lstm")
    move_champion("lstm", int(first.version))
    again = register_model("lstm")
    assert holder(client, "lstm", CHALLENGER) is None
    assert again.tags["menagerie.gate"] == "passed"

    remeasure("lstm", elbo_nats=(-83.0, 0.5))
    worse = register_model("lstm")
    (verdict,) = [one for one in read_verdicts(worse) if not one.passed]
    assert verdict.rule == "not_worse.elbo_nats"
    assert verdict.reason.startswith("worse by 4.2 standard errors: -83 ± 0.5, version")
    assert holder(client, "lstm", CHALLENGER) is None

    remeasure("lstm", elbo_nats=(-79.0, 0.5))
    better = register_model("lstm")
    assert holder(client, "lstm", CHALLENGER) == better.version


def test_the_fingerprint_of_samples_is_a_tag(client):
    told = {"n": 4, "seed": 7, "params": {}, "sha256": "0" * 64}
    write_json(Path("artifacts/evaluation/vae/fingerprint.json"), told)
    assert json.loads(register_model("vae").tags["menagerie.samples"]) == told


def test_two_machines_that_register_the_same_weights_at_once_make_one_version(client, tmp_path):
    """Each has locks of its own; both begin when both are ready."""
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ELSEWHERE, f"ready-{machine}"],
            env=os.environ | {"PYTHONPATH": str(root), "MENAGERIE_HOME": str(tmp_path / machine)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for machine in ("here", "there")
    ]
    said = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert said[0][0] == said[1][0]
    for name, version in zip(("vae", "denoiser", "lstm"), said[0][0].split(), strict=True):
        weights = client.get_model_version(name, version).tags["menagerie.weights"]
        found = client.search_model_versions(f"name = '{name}' and tags.`menagerie.weights` = '{weights}'")
        assert [str(one.version) for one in found] == [version]
        assert mlflow.artifacts.list_artifacts(artifact_uri=f"models:/{name}/{version}")

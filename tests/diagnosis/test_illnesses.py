"""Each illness twice, on runs written out by hand: the ill one is diagnosed, the healthy one is not."""

import math

import pytest

from components.diagnosis import diagnose
from tests.diagnosis.cases import evidence

NAN = math.nan
SMOOTH = [8.0, 4.0, 2.0, 1.5, 1.2, 1.1, 1.0, 1.0]
REAL = {
    "precision": {"mean": 0.96, "standard_error": 0.01},
    "recall": 0.97,
    "coverage": 0.99,
    "class_entropy": math.log(10),
    "classes_found": 10,
    "frechet_distance": 1.0,
}
NOISE = {"frechet_distance": 61.0, "precision": 0.1}
GOOD = {name: 0.9 * value for name, value in REAL.items() if isinstance(value, float)} | {
    "precision": 0.9,
    "classes_found": 10,
}


def judged(**changes):
    return {"metrics": GOOD | changes, "floor": REAL, "ceiling": NOISE}


def looks(name, values):
    return {"quality": [{"epoch": 2 * i + 2, name: value} for i, value in enumerate(values)]}


def curves(**columns):
    return {"curves": columns}


def norms(whole, first, last, player=""):
    """Eight epochs with the same gradients, or those of a list."""
    listed = {"grad_norm": whole, "grad_norm_first": first, "grad_norm_last": last}
    return curves(**{player + name: v if isinstance(v, list) else [v] * 8 for name, v in listed.items()})


# name of the illness, model, severity, what is known of the ill run, what of a healthy one
CASES = [
    (
        "discriminator_overpowers",
        "gan",
        "warning",
        curves(accuracy=[0.6, 0.9, 0.99, 1, 1, 1, 1, 1]),
        curves(accuracy=[0.6, 1, 1, 0.99, 0.9, 0.8, 0.7, 0.68]),
    ),
    ("generator_overpowers", "gan", "warning", curves(accuracy=[0.6] * 6 + [0.3] * 2), curves(accuracy=[0.5] * 8)),
    (
        "generator_overpowers",
        "gan",
        "warning",
        curves(accuracy=[0.5] * 8) | judged(frechet_distance=25.0),
        curves(accuracy=[0.5] * 8) | judged(frechet_distance=2.0),
    ),
    ("mode_collapse", "gan", "error", judged(diversity=0.1), judged(diversity=0.9)),
    ("mode_collapse", "gan", "warning", judged(coverage=0.4), judged(coverage=0.8)),
    ("mode_collapse", "gan", "error", judged(class_entropy=0.0), judged(class_entropy=2.2)),
    ("mode_collapse", "vae", "warning", judged(recall=0.3), judged(recall=0.3, precision=0.1)),  # the other is noise
    ("mode_collapse", "gan", "warning", judged(classes_found=8), judged(classes_found=10)),
    ("mode_collapse", "gan", "warning", looks("coverage", [0.2, 0.8, 0.3]), looks("coverage", [0.2, 0.7, 0.6])),
    ("mode_collapse", "gan", "warning", looks("class_entropy", [2.2, 2.2, 0.7]), looks("class_entropy", [0, 2, 2.2])),
    ("posterior_collapse", "vae", "error", curves(val_kl=[3.0, 0.5] + [0.01] * 6), curves(val_kl=[0.3] + [13.0] * 7)),
    (
        "posterior_collapse",
        "vae",
        "warning",
        curves(kl=SMOOTH) | {"metrics": {"active_units": 3}},
        curves(kl=SMOOTH) | {"metrics": {"active_units": 4}},
    ),
    (
        "unused_bottleneck",
        "autoencoder",
        "warning",
        {"metrics": {"active_units": 2}},
        {"metrics": {"active_units": 8}},
    ),
    ("unused_bottleneck", "denoiser", "error", {"metrics": {"active_units": 0}}, {"metrics": {"active_units": 12}}),
    (
        "energies_drift",
        "ebm",
        "error",
        curves(energy_gap=[-1, -2, -4, -9], energy_spread=[1.0] * 4),
        curves(energy_gap=[-1.6, -0.7, 0.3, -0.1], energy_spread=[0.4] * 4),
    ),
    (
        "energies_drift",
        "ebm",
        "warning",
        curves(energy_gap=[0.1, 9, 9, 0.1], energy_spread=[1.0] * 4),
        curves(energy_gap=[9] + [0.1] * 11, energy_spread=[1.0] * 12),
    ),
    ("imprecise_inverse", "realnvp", "warning", {"metrics": {"inverse_error": 0.02}}, {"metrics": {}}),
    (
        "imprecise_inverse",
        "realnvp",
        "error",
        {"metrics": {"inverse_error": 2.0}},
        {"metrics": {"inverse_error": 1e-5}},
    ),
    ("vanishing_gradients", "denoiser", "error", norms(1.0, 1e-5, 0.4), norms(1.0, 0.02, 0.4)),
    ("vanishing_gradients", "gan", "error", norms(1.0, 0.0, 0.4, "generator_"), norms(1.0, 0.5, 0.4, "generator_")),
    ("vanishing_gradients", "vae", "warning", norms([*SMOOTH[:-2], 0, 0], 0.1, 0.1), norms(SMOOTH, 0.1, 0.1)),
    ("exploding_gradients", "denoiser", "warning", norms(1e4, 1e4, 1.0), norms(11.0, 10.0, 1.0)),
    ("exploding_gradients", "lstm", "warning", norms([1, 1, 1e5, 1], 0.1, 0.1), norms([200, 50, 40, 35], 0.1, 0.1)),
    ("non_finite", "vae", "error", curves(val_loss=[3, 2, NAN, NAN]), curves(loss=[NAN] * 4, val_loss=[3, 2, 1, 1])),
    (
        "overfitting",
        "ebm",  # whose weights are the last; its energies aside
        "warning",
        curves(loss=SMOOTH, val_loss=[8, 4, 3, 3, 4, 5, 6, 7]),
        curves(loss=SMOOTH, val_loss=[8, 4, 3, 2.8, 2.7, 2.7, 2.8, 2.7]),
    ),
    (
        "overfitting",
        "vae",  # whose weights are the best
        "note",
        curves(loss=SMOOTH, val_loss=[8, 4, 3, 3, 4, 5, 6, 7]),
        curves(loss=[8, 4, 3, 3, 4, 5, 6, 7], val_loss=[8, 4, 3, 3, 4, 5, 6, 7]),  # broken, not learned by heart
    ),
    (
        "critic_overfits",
        "wgan_gp",
        "warning",
        curves(wasserstein=[2, 1, 0.5, 0.6], val_wasserstein=[2, 1, 0.3, 0.1]),
        curves(wasserstein=[2, 1, 0.5, 0.43], val_wasserstein=[2, 1, 0.4, 0.36]),
    ),
    (
        "memorisation",
        "diffusion",
        "warning",
        {"metrics": {"nearest_training_pixel": 0.4, "nearest_training_feature": 0.9}},
        {"metrics": {"nearest_training_pixel": 0.84, "nearest_training_feature": 0.87, "copies": 0.01}},
    ),
    ("memorisation", "gan", "error", {"metrics": {"copies": 0.6}}, {"metrics": {"copies": 0.05}}),
    ("recitation", "lstm", "error", {"metrics": {"novelty_16": 0.02}}, {"metrics": {"novelty_16": 0.9}}),
    (
        "recitation",
        "transformer",
        "warning",
        {"metrics": {"novelty_16": 0.3}, "floor": {"novelty_16": 0.8}},
        {"metrics": {"novelty_16": 0.4}, "floor": {"novelty_16": 0.6}},
    ),
    ("noise_like", "ebm", "error", judged(frechet_distance=50.0), judged(frechet_distance=3.0)),
    (
        "noise_like",
        "ebm",
        "warning",
        {"metrics": {"energy_distance": 0.5}, "floor": {"energy_distance": 0}, "ceiling": {"energy_distance": 3}},
        {"metrics": {"energy_distance": 0.1}, "floor": {"energy_distance": 0}, "ceiling": {"energy_distance": 3}},
    ),
]


@pytest.mark.parametrize(
    ("name", "model", "severity", "ill", "healthy"), CASES, ids=[f"{c[0]}-{c[2]}-{i}" for i, c in enumerate(CASES)]
)
def test_the_ill_run_is_diagnosed_and_the_healthy_one_is_not(name, model, severity, ill, healthy):
    (finding,) = [finding for finding in diagnose(evidence(model, **ill)) if finding.name == name]
    assert finding.severity == severity
    assert all(map(math.isfinite, finding.evidence.values()))
    assert finding.cures
    assert diagnose(evidence(model, **healthy)) == []


def test_of_nothing_nothing_is_said():
    assert diagnose(evidence("gan")) == []
    assert diagnose(evidence("gan", metrics={"coverage": {"mean": None}, "copies": math.inf}, floor=REAL)) == []


def test_the_gravest_comes_first():
    run = evidence("vae", curves={"val_kl": [0.0] * 8, "accuracy": [1.0] * 8}, metrics={"copies": 0.2})
    assert [finding.severity for finding in diagnose(run)] == ["error", "warning", "warning"]


def test_a_collapse_says_what_the_losses_showed_of_it():
    run = evidence(
        "gan", **judged(coverage=0.4), curves={"generator_grad_norm": [1.0] * 4, "generator": [3, 2, 1, 1.1]}
    )
    (finding,) = diagnose(run)
    assert "generator went from 1 to 1.1" in finding.sentence
    assert finding.evidence["coverage_share"] == pytest.approx(0.4 / 0.99)


def test_half_precision_may_leave_an_update_out():
    columns = {"grad_norm": [1.0, math.inf, 1.0], "loss": [3.0, 2.0, 1.0]}
    assert diagnose(evidence("vae", training={"precision": "mixed_float16"}, curves=columns)) == []
    (finding,) = diagnose(evidence("vae", curves=columns))
    assert finding.evidence == {"epochs_without_grad_norm": 1.0}


def test_a_loss_is_compared_with_the_quality_of_samples_epoch_by_epoch():
    falling = [5.0, 4.0, 3.0, 2.5, 2.0, 1.5, 1.0, 0.9]
    columns = {"wasserstein": falling, "critic_grad_norm": [1.0] * 8, "critic": [-x for x in falling]}
    quality = [{"epoch": epoch, "frechet_distance": 10.0 / (epoch + 1)} for epoch in (0, 2, 3, 5, 6, 8)]
    (finding,) = diagnose(evidence("wgan_gp", curves=columns, quality=quality))
    assert (finding.name, finding.severity) == ("informative_loss", "note")
    assert finding.evidence == pytest.approx({"rank_correlation_critic": -1.0, "rank_correlation_wasserstein": 1.0})
    assert "wasserstein told how good samples were" in finding.sentence
    assert diagnose(evidence("wgan_gp", curves=columns, quality=quality[:5])) == []  # four epochs are too few

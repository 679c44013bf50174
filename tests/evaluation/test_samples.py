"""The judgement of samples: good ones, poor ones, and what it says of itself."""

import numpy as np
import pytest

from components.evaluation.reference import seen
from components.metrics import energy_distance, frechet_distance, frechet_distance_infinite
from tests.evaluation.judging import judge, judge_of
from tests.models.digits import digits

DISTANCES = ("frechet_distance", "frechet_distance_infinite", "kernel_distance", "energy_distance")
NOVELTY = {f"{name}_{space}" for name in ("nearest_training", "copies") for space in ("feature", "pixel")}
NEIGHBOURS = {"precision", "recall", "density", "coverage"}


@pytest.fixture(scope="module")
def found():
    """What is said of new images, of copies of training images, of noise, and of one image over and over."""
    train, fresh = digits()["train"][0], digits()["test"][0][400:]
    noise = np.random.default_rng(0).integers(0, 17, (2, 150, 8, 8, 1)).astype("uint8")
    sets = {
        "new": [fresh[:150], fresh[150:300]],
        "copies": [train[:150], train[150:300]],
        "noise": list(noise),
        "one": [np.repeat(fresh[:1], 150, axis=0)] * 2,
    }
    return {name: judge()(each) for name, each in sets.items()}


def mean(metrics, name: str) -> float:
    return metrics[name]["mean"]


def test_distances_of_real_images_are_small(found):
    for name in DISTANCES:
        for real in ("new", "copies"):
            assert abs(mean(found[real], name)) < 0.1 * min(mean(found[poor], name) for poor in ("noise", "one"))


def test_real_images_are_as_they_should_be(found):
    new = found["new"]
    assert mean(new, "diversity") == pytest.approx(1, abs=0.05)
    assert mean(new, "density") == pytest.approx(1, abs=0.15)
    assert min(mean(new, "precision"), mean(new, "recall")) > 0.8
    assert mean(new, "class_entropy") == pytest.approx(np.log(10), abs=0.1)
    assert (mean(new, "classes_found"), new["samples"], new["sample_seeds"]) == (10, 150, 2)
    assert mean(new, "nearest_training_feature") == pytest.approx(1, abs=0.15)
    assert mean(new, "nearest_training_pixel") == pytest.approx(1, abs=0.15)
    assert mean(new, "copies_pixel") < 0.05


def test_one_image_over_and_over_is_found_out(found):
    one = found["one"]
    assert (mean(one, "diversity"), mean(one, "class_entropy"), mean(one, "classes_found")) == (0, 0, 1)
    assert mean(one, "coverage") < 0.1
    assert mean(one, "recall") == 0
    assert mean(one, "class_distance") > 0.8


def test_copies_are_found_out_and_noise_is_none(found):
    for space in ("feature", "pixel"):
        assert mean(found["copies"], f"nearest_training_{space}") == 0
        assert mean(found["copies"], f"copies_{space}") == 1
        assert mean(found["noise"], f"nearest_training_{space}") > 1
        assert mean(found["noise"], f"copies_{space}") == 0
    for name in NEIGHBOURS - {"recall"}:  # noise is so far spread that balls between its samples hold everything
        assert mean(found["noise"], name) < 0.5 * mean(found["new"], name)


def test_numbers_are_those_of_the_features_and_pixels(found):
    test, train = (seen(judge().folder, split).features for split in ("test", "train"))
    sets = [np.asarray(train[:150]), np.asarray(train[150:300])]
    distances = [frechet_distance(x, test) for x in sets]
    assert mean(found["copies"], "frechet_distance") == pytest.approx(np.mean(distances), rel=1e-3)
    assert found["copies"]["frechet_distance"]["seeds"] == pytest.approx(distances, rel=1e-3)
    infinite = [frechet_distance_infinite(x, test, np.random.default_rng(0), shuffles=40) for x in sets]
    error = found["copies"]["frechet_distance_infinite"]["standard_error"]
    assert mean(found["copies"], "frechet_distance_infinite") == pytest.approx(np.mean(infinite), abs=error)
    images = digits()["train"][0] / 16
    pixels = [energy_distance(x, digits()["test"][0][:400] / 16)["mean"] for x in (images[:150], images[150:300])]
    assert mean(found["copies"], "energy_distance") == pytest.approx(np.mean(pixels))


def test_a_metric_does_not_depend_on_which_others_there_are(found):
    fresh = digits()["test"][0][400:]
    sets = [fresh[:150], fresh[150:300]]
    without = judge(neighbours=200)(sets, new=False)
    assert without.keys() == found["new"].keys() - NEIGHBOURS - NOVELTY
    assert without == {name: found["new"][name] for name in without}


def test_of_data_without_classes_none_are_counted():
    fresh = digits()["test"][0][400:]
    found = judge(classes=0)([fresh[:100], fresh[100:200]])
    assert found.keys() >= {*DISTANCES, *NEIGHBOURS, *NOVELTY}
    assert not [name for name in found if name.startswith("class")]


def test_errors_shrink_with_more_samples():
    fresh = digits()["test"][0][400:]
    few, many = (judge()([fresh[:n], fresh[-n:]], new=False) for n in (20, 198))
    for name in ("precision", "density", "class_entropy", "frechet_distance"):
        ratio = few[name]["standard_error"] / many[name]["standard_error"]
        assert 1.5 < ratio < 8  # about the root of ten


def test_sets_too_small_for_a_metric_go_without_it():
    fresh, train = digits()["test"][0][400:], digits()["train"][0]
    small = judge()([fresh[:5], fresh[5:10]])
    assert small.keys() & {"frechet_distance_infinite", *NEIGHBOURS} == set()
    assert small.keys() >= {"frechet_distance", "kernel_distance", "energy_distance"}
    known = judge_of(train, train[:50])([fresh[:50]])  # all test images are in the training split
    assert known.keys() & {"nearest_training_feature", "nearest_training_pixel"} == set()
    assert known["copies_pixel"]["mean"] == 0


def test_the_nearest_training_images_of_training_images_are_themselves():
    images = digits()["train"][0][10:15]
    for near in judge().nearest_training(images):
        np.testing.assert_array_equal(near, images)

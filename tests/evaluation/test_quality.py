"""Samples that training kept, judged epoch by epoch."""

import numpy as np
import pytest

from components.evaluation.quality import follow
from tests.evaluation.judging import judge
from tests.models.digits import digits


def test_each_epoch_with_samples_has_a_row(tmp_path):
    images = digits()["test"][0][400:600]
    noise = np.random.default_rng(0).integers(0, 17, images.shape).astype("uint8")
    for epoch, samples in ((20, images), (0, noise), (5, images[:1].repeat(200, axis=0))):
        np.save(tmp_path / f"epoch-{epoch:04}.npy", samples)
    (tmp_path / "epoch-0007.png").write_bytes(b"no samples")
    untrained, collapsed, trained = rows = follow(tmp_path, judge())
    assert [row["epoch"] for row in rows] == [0, 5, 20]
    for row in rows:
        assert row.keys() == {"epoch", "frechet_distance", "class_entropy", "coverage"}
    assert trained["frechet_distance"] < 0.1 * min(untrained["frechet_distance"], collapsed["frechet_distance"])
    assert (collapsed["class_entropy"], trained["class_entropy"]) == (0, pytest.approx(np.log(10), abs=0.1))
    assert collapsed["coverage"] < 0.1
    assert trained["coverage"] > 0.8


def test_a_glance_is_the_judgement_without_its_errors():
    images = digits()["test"][0][400:600]
    glance, judged = judge().glance(images), judge()([images], new=False)
    assert glance == pytest.approx({name: judged[name]["mean"] for name in glance})


def test_a_series_of_pictures_tells_nothing(tmp_path):
    (tmp_path / "epoch-0000.png").write_bytes(b"a picture")
    assert follow(tmp_path, judge()) == []

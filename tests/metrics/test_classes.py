"""Class histograms against closed forms and SciPy."""

import math

import numpy as np
import pytest
from scipy import stats

from components.metrics.classes import class_distance, class_entropy, classes_found, histogram


def test_a_histogram_counts_every_class_of_every_set():
    assert histogram(np.array([3, 0, 3]), 5).tolist() == [1, 0, 0, 2, 0]
    classes = np.random.default_rng(0).integers(0, 4, (2, 3, 50))
    expected = [[[(each == c).sum() for c in range(4)] for each in sets] for sets in classes]
    assert histogram(classes, 4).tolist() == expected
    for outside in ([0, 4], [-1, 2]):
        with pytest.raises(ValueError, match="are not among 4"):
            histogram(np.array(outside), 4)


def test_entropy_is_log_c_of_equal_shares_and_zero_of_one_class():
    assert class_entropy(np.full(10, 7)) == pytest.approx(math.log(10), rel=1e-12)
    assert str(float(class_entropy(np.array([0, 9, 0])))) == "0.0"
    counts = np.random.default_rng(1).multinomial(60, [0.5, 0.3, 0.2, 0], size=(2, 5))
    np.testing.assert_allclose(class_entropy(counts), stats.entropy(counts, axis=-1), rtol=1e-12)


def test_distance_is_zero_of_equal_shares_and_one_of_disjoint_classes():
    assert class_distance(np.array([1, 2, 0]), np.array([10, 20, 0])) == pytest.approx(0, abs=1e-15)
    assert class_distance(np.array([1, 2, 0]), np.array([0, 0, 5])) == 1
    assert class_distance(np.array([10, 0]), np.array([75, 25])) == 0.25
    replicates = np.array([[4, 0], [0, 4]])
    assert class_distance(replicates, np.array([1, 3])).tolist() == [0.75, 0.25]
    assert class_distance(replicates, replicates[::-1]).tolist() == [1, 1]


def test_a_class_is_found_at_its_share_of_the_references():
    reference = np.array([50, 30, 20, 0])
    assert classes_found(reference, reference) == 3
    assert classes_found(np.array([0, 0, 0, 9]), reference) == 0
    replicates = np.array([[950, 30, 20, 0], [951, 29, 20, 0], [500, 480, 1, 19]])
    assert classes_found(replicates, reference).tolist() == [3, 2, 2]
    assert classes_found(replicates, reference, share=0.2).tolist() == [1, 1, 2]


def test_what_has_no_shares_is_refused():
    with pytest.raises(ValueError, match="no examples"):
        class_entropy(np.zeros((2, 3), int))
    with pytest.raises(ValueError, match="above 0"):
        classes_found(np.ones(3), np.ones(3), share=0)

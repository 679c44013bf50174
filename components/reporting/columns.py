"""The columns of the table, in order."""

from typing import Any

from components.reporting.column import Column
from components.reporting.groups import (
    CLASSES,
    COPIES,
    COPYING,
    ENERGY,
    ENERGY_DISTANCE,
    FRECHET,
    KERNEL,
    MEMORISATION,
    MEMORY,
    NEIGHBOURHOODS,
    RECONSTRUCTION,
    SECONDS,
    SIZE,
    SPREAD,
    TEXT,
    THOUSAND,
    VARIETY,
)
from components.reporting.likelihoods import LIKELIHOOD_COLUMNS

__all__ = ["COLUMNS"]

SAMPLES: dict[str, Any] = {"floored": True}

COLUMNS = (
    Column(SIZE, "parameters", ("parameters",), "Numbers that training moves."),
    Column(
        FRECHET,
        "samples",
        ("frechet_distance",),
        "Squared Fréchet distance between Gaussians fitted to features of samples and of test images. The features are"
        " those of a classifier of this data set, not Inception's: no FID, and no number to set beside one. Too large"
        " by a bias that falls with the number of samples, which is the same in every row.",
        **SAMPLES,
    ),
    Column(
        FRECHET,
        "∞ samples",
        ("frechet_distance_infinite",),
        "The same extrapolated to infinitely many samples; it can be below zero by chance.",
        **SAMPLES,
    ),
    Column(
        KERNEL,
        "features",
        ("kernel_distance",),
        "Squared maximum mean discrepancy of the same features under a cubic kernel. Unbiased: it may be below zero.",
        **SAMPLES,
    ),
    Column(
        ENERGY_DISTANCE,
        "pixels",
        ("energy_distance",),
        "How far samples are from test images, pixel by pixel, over all pairs. Unbiased, so it can be below zero.",
        factor=1000,
        **SAMPLES,
    ),
    Column(
        NEIGHBOURHOODS,
        "precision",
        ("precision",),
        "Share of samples that lie as near to some test image as its neighbours do: fidelity.",
        **SAMPLES,
    ),
    Column(
        NEIGHBOURHOODS,
        "recall",
        ("recall",),
        "Share of test images that lie as near to some sample as its neighbours do: diversity.",
        **SAMPLES,
    ),
    Column(
        NEIGHBOURHOODS,
        "density",
        ("density",),
        "Of how many test images' neighbourhoods a sample is part, over those it should be: fidelity that no outlier"
        " flatters; above the floor's where samples crowd where test images are dense, so best near it.",
        **SAMPLES,
    ),
    Column(
        NEIGHBOURHOODS,
        "coverage",
        ("coverage",),
        "Share of test images with a sample in their neighbourhood: diversity that no outlier flatters.",
        **SAMPLES,
    ),
    Column(
        SPREAD,
        "pixels",
        ("diversity",),
        "Mean distance between two samples over that between two test images: far below 1 they are all alike.",
        **SAMPLES,
    ),
    Column(
        CLASSES,
        "entropy",
        ("class_entropy",),
        "Entropy of the classes of samples, best near the floor's; low where classes are missing.",
        unit="nats",
        **SAMPLES,
    ),
    Column(
        CLASSES,
        "distance ↓",
        ("class_distance",),
        "Total variation between the classes of samples and those of test images.",
        **SAMPLES,
    ),
    Column(
        CLASSES,
        "found ↑",
        ("classes_found",),
        "How many classes are not missing: they have at least a tenth of their share in the test split.",
        **SAMPLES,
    ),
    Column(
        MEMORISATION,
        "in features",
        ("nearest_training_feature",),
        "Median distance of a sample from its nearest training image, over the same of test images. Below 1 samples are"
        " closer to the training images than new ones are; copies have 0, and samples far off everything more than 1.",
    ),
    Column(MEMORISATION, "in pixels", ("nearest_training_pixel",), "The same pixel by pixel."),
    Column(
        COPIES,
        "in features",
        ("copies_feature",),
        "Share of samples that are nearer to a training image than 99 in 100 test images are.",
        factor=100,
    ),
    Column(COPIES, "in pixels", ("copies_pixel",), "The same pixel by pixel.", factor=100),
    Column(
        RECONSTRUCTION,
        "reconstruction",
        ("reconstruction_error",),
        "Squared distance of a test image from its reconstruction, mean over pixels in [0, 1]. What is invertible"
        " reconstructs by construction.",
        factor=1000,
    ),
    Column(
        RECONSTRUCTION,
        "denoised",
        ("denoising_error",),
        "The same where the model saw the image under the noise that it was trained with.",
        factor=1000,
    ),
    Column(
        RECONSTRUCTION,
        "noisy input",
        ("noisy_input_error",),
        "What that noise costs if nothing is done: the error to beat.",
        factor=1000,
    ),
    Column(
        ENERGY,
        "test images",
        ("test_energy",),
        "Mean energy: known up to a constant, so only the gap to the next column counts.",
    ),
    Column(
        ENERGY,
        "samples",
        ("sample_energy",),
        "The same of samples; where it is near that of test images, chains reach them.",
    ),
    *LIKELIHOOD_COLUMNS,
    Column(
        TEXT,
        "bits per character",
        ("bits_per_character",),
        "Exact code length of a character of the test text, given those before it.",
    ),
    Column(
        TEXT,
        "perplexity",
        ("perplexity",),
        "Two to the power of the bits: as hard to guess as one of so many equally likely characters.",
    ),
    *(
        Column(
            VARIETY,
            f"distinct-{n}",
            (f"distinct_{n}",),
            f"Different sequences of {n} characters over all of them, in samples of one number and length.",
            **SAMPLES,
        )
        for n in (1, 2, 3, 4, 8, 16)
    ),
    *(
        Column(
            COPYING,
            f"novelty-{n}",
            (f"novelty_{n}",),
            f"Share of sequences of {n} characters that stand nowhere in the training text.",
            **SAMPLES,
        )
        for n in (4, 8, 16, 32)
    ),
    Column(
        COPYING,
        "longest run",
        ("longest_copied_run",),
        "Characters of the longest run of a sample that stands in the training text, mean over samples.",
        unit="characters",
        **SAMPLES,
    ),
    Column(SECONDS, "training", ("costs", "training", "seconds"), "Wall-clock seconds of training.", unit="s"),
    Column(SECONDS, "evaluation", ("costs", "evaluation", "seconds"), "The same of the evaluation.", unit="s"),
    Column(
        THOUSAND,
        "time here",
        ("costs", "sampling", "seconds_per_thousand_samples"),
        "Wall-clock seconds of a thousand images, or texts of the length in params.yaml, once compiled.",
        unit="s",
    ),
    Column(
        THOUSAND,
        "work",
        ("flops_per_thousand_samples",),
        "Floating-point operations of their matrix products and convolutions, in thousands of millions; the same on"
        " every machine.",
        unit="GFLOP",
        factor=1e-9,
    ),
    Column(
        MEMORY,
        "training",
        ("costs", "training", "peak_memory"),
        "Main memory that the process held at most, its libraries included.",
        unit="MB",
        factor=1e-6,
    ),
    Column(MEMORY, "sampling", ("costs", "sampling", "peak_memory"), "Likewise.", unit="MB", factor=1e-6),
)

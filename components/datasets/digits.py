"""The hand-written digits that come with scikit-learn, as a TFDS builder that needs no network.

1,797 pictures of 8×8 pixels and 17 intensities: the test set of Alpaydin and Kaynak's "Optical Recognition of
Handwritten Digits", https://archive.ics.uci.edu/dataset/80.
"""

import numpy as np
import tensorflow_datasets as tfds

__all__ = ["Digits"]


class Digits(tfds.core.GeneratorBasedBuilder):
    """8×8 digits whose intensities 0 … 16 are stored as 0 … 255, so that the picture looks as it should."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="Hand-written digits of 8×8 pixels and 17 intensities, from scikit-learn's own files.",
            homepage="https://archive.ics.uci.edu/dataset/80",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(8, 8, 1)),
                    "label": tfds.features.ClassLabel(names=[str(digit) for digit in range(10)]),
                }
            ),
            supervised_keys=("image", "label"),
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        from sklearn.datasets import load_digits

        digits = load_digits()
        images = np.rint(digits.images * 255 / 16).astype(np.uint8)
        for index, (image, label) in enumerate(zip(images[..., None], digits.target, strict=True)):
            yield index, {"image": image, "label": int(label)}

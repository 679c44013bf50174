"""What can be asked of a trained model, and how it is asked: on the test split, chunk by chunk, compiled once."""

__all__ = ["CEILING", "FLOOR", "SEPARATOR"]

SEPARATOR = "\n\n――――――――\n\n"  # between two texts of one file

FLOOR = {"image": "training images", "text": "test text"}
"""Real examples as if they were samples, by the kind of data: as good as a model can be."""

CEILING = {"image": "noise", "text": "random characters"}
"""What knows nothing of the data, likewise: as bad as a model is before it learns."""

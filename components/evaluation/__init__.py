"""What can be asked of a trained model, and how it is asked: on the test split, chunk by chunk, compiled once."""

__all__ = ["SEPARATOR"]

SEPARATOR = "\n\n――――――――\n\n"  # between two texts of one file

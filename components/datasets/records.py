"""TFRecord files of ``tf.train.Example``: read without TensorFlow, and brought to the same bytes for the same content.

A record is its length in 8 bytes, 4 bytes of check sum, a serialised example, and 4 bytes of check sum
(https://www.tensorflow.org/tutorials/load_data/tfrecord). TensorFlow takes seconds to start, so reading goes without
it. Whether a file is whole is DVC's matter, which pins the hash of every file.
"""

from collections.abc import Iterator
from pathlib import Path

from tensorflow_datasets.proto import tf_example_pb2

from components.files import atomic_file

__all__ = ["read_examples", "settle"]

CHECK_SUM = 4


def read_examples(path: Path) -> Iterator[tf_example_pb2.Example]:
    """Every example of a file, in order, one at a time in memory."""
    with path.open("rb") as file:
        while length := file.read(8):
            file.seek(CHECK_SUM, 1)
            record = file.read(int.from_bytes(length, "little"))
            file.seek(CHECK_SUM, 1)
            yield tf_example_pb2.Example.FromString(record)


def settle(path: Path) -> None:
    """Rewrite a file with the features of every example in the order of their names.

    TFDS leaves them in the order of a hash table that protobuf seeds anew in every process.
    """
    import tensorflow as tf

    with atomic_file(path) as draft, tf.io.TFRecordWriter(str(draft)) as writer:
        for example in read_examples(path):
            writer.write(example.SerializeToString(deterministic=True))

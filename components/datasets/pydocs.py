"""The Python language reference that ships with Python, as a TFDS builder that needs no network.

The text is that of the running Python's ``pydoc_data.topics``, so it changes with Python's version. Many topics are a
section of a longer one (``if``, ``while`` and ``with`` all stand in ``compound`` too); only the longer one is taken,
for else a test would ask for what was trained on. Topics are few and of very different length, so the examples are
blocks of them: parts of a data set then have the shares that were asked for.
"""

from collections.abc import Iterator, Mapping

import tensorflow_datasets as tfds

from components.datasets.text_file import cut_blocks

__all__ = ["Pydocs", "distinct_topics"]


class Pydocs(tfds.core.GeneratorBasedBuilder):
    """Blocks of the topics of ``help()``, in the order of their names."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="The language reference of the Python that ran this.",
            homepage="https://docs.python.org/3/reference/",
            features=tfds.features.FeaturesDict(
                {"topic": tfds.features.Text(), "text": tfds.features.Text()},
            ),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        from pydoc_data.topics import topics

        blocks = ((topic, block) for topic, text in distinct_topics(topics) for block in cut_blocks([text]))
        for index, (topic, block) in enumerate(blocks):
            yield index, {"topic": topic, "text": block}


def distinct_topics(topics: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    r"""The topics that do not have half of their lines in a longer topic, sorted, each with a ``\n`` at its end."""
    lines = {topic: {line.strip() for line in text.split("\n")} - {""} for topic, text in topics.items()}
    for topic, text in sorted(topics.items()):
        longer = (lines[other] for other in topics if len(topics[other]) > len(text))
        if not any(2 * len(lines[topic] & others) >= len(lines[topic]) for others in longer):
            yield topic, text.rstrip("\n") + "\n"

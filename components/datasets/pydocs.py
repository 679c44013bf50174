"""The Python language reference that ships with Python, as a TFDS builder that needs no network.

The text is that of the running Python's ``pydoc_data.topics``, so it changes with Python's version. Many topics are a
section of a longer one (``if``, ``while`` and ``with`` all stand in ``compound`` too); only the longer one is taken, for
else a test would ask for what was trained on.
"""

import platform
from collections.abc import Iterator, Mapping

import tensorflow_datasets as tfds

__all__ = ["Pydocs", "distinct_topics"]


class Pydocs(tfds.core.GeneratorBasedBuilder):
    """One example for each topic of ``help()`` that is no part of another."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description=f"The language reference of Python {platform.python_version()}, a text for each topic.",
            homepage="https://docs.python.org/3/reference/",
            features=tfds.features.FeaturesDict(
                {"topic": tfds.features.Text(), "text": tfds.features.Text()},
            ),
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        from pydoc_data.topics import topics

        for topic, text in distinct_topics(topics):
            yield topic, {"topic": topic, "text": text}


def distinct_topics(topics: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The topics that do not have half of their lines in a longer topic."""
    lines = {topic: {line.strip() for line in text.split("\n")} - {""} for topic, text in topics.items()}
    for topic, text in topics.items():
        longer = (lines[other] for other in topics if len(topics[other]) > len(text))
        if not any(2 * len(lines[topic] & others) >= len(lines[topic]) for others in longer):
            yield topic, text

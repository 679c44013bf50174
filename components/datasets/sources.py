"""From ``datasets.KEY.source`` to the TFDS builder that fetches it.

A source is one of the repository's own builders, any data set of TFDS (``mnist``, ``emnist/letters``, ``mnist:3.0.1``),
or, where it has a slash or a dot and exists on disk, the path of a folder of pictures or of a text file.
"""

import re
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.params import Dataset, UserError

if TYPE_CHECKING:
    import tensorflow_datasets as tfds

__all__ = ["OWN", "find_builder", "is_path"]

OWN = {"digits": ("components.datasets.digits", "Digits"), "pydocs": ("components.datasets.pydocs", "Pydocs")}
NAME = re.compile(r"(?P<name>\w+)(/(?P<config>[\w.\-]+))?(:(?P<version>\d+\.\d+\.\d+))?")


def is_path(source: str) -> bool:
    """Whether a source is a path that exists, not a name. ``mnist`` is always the name, ``./mnist`` the folder."""
    return ("/" in source or "." in source) and Path(source).exists()


def find_builder(key: str, dataset: Dataset, folder: Path) -> "tfds.core.DatasetBuilder":
    """The builder of a data set, which will write under ``folder``. Looks at the source, and fetches nothing.

    Raises:
        UserError: there is no such source, or it does not hold what ``dataset.kind`` says.
    """
    place = f"datasets.{key}.source: {dataset.source}"
    if dataset.source in OWN:
        module, name = OWN[dataset.source]
        builder = getattr(import_module(module), name)(data_dir=folder)
    elif is_path(dataset.source):
        return _path_builder(place, dataset, folder)
    else:
        builder = _named_builder(place, dataset.source, folder)

    from components.datasets.raw import find_feature

    find_feature(key, dataset.kind, builder.info)
    return builder


def _path_builder(place: str, dataset: Dataset, folder: Path) -> "tfds.core.DatasetBuilder":
    path = Path(dataset.source)
    if dataset.kind == "image":
        if not path.is_dir():
            raise UserError(f"{place}: a file; image data come from a folder of pictures, or by a TFDS name")
        from components.datasets.image_folder import ImageFolder, find_classes

        return ImageFolder(path, find_classes(path), data_dir=folder)
    if not path.is_file():
        raise UserError(f"{place}: a folder; text data come from one UTF-8 file, or by a TFDS name")
    from components.datasets.text_file import TextFile, check_text

    check_text(path)
    return TextFile(path, data_dir=folder)


def _named_builder(place: str, source: str, folder: Path) -> "tfds.core.DatasetBuilder":
    import tensorflow_datasets as tfds

    names = {*tfds.list_builders(with_community_datasets=False), *OWN}
    parts = NAME.fullmatch(source)
    if parts is None:
        raise UserError(f"{place}: no such file or folder, and no name of a TFDS data set")
    if parts["name"] not in names:
        near = _nearest(parts["name"], names)
        raise UserError(f"{place}: no such file or folder, and no TFDS data set of that name{near}")
    try:
        known: Any = tfds.builder_cls(parts["name"]).builder_configs
        if parts["config"] and parts["config"] not in known:
            raise UserError(
                f"{place}: {parts['name']} has no {parts['config']!r}{_nearest(parts['config'], set(known))}"
            )
        return tfds.builder(source, data_dir=folder, try_gcs=False)
    except ImportError as error:
        raise UserError(f"{place}: its builder needs a package that is not installed ({error})") from None
    except AssertionError as error:
        raise UserError(f"{place}: {str(error).rpartition(': Dataset ')[2]}") from None


def _nearest(wanted: str, names: set[str]) -> str:
    nearest = get_close_matches(wanted, sorted(names))
    return f"; nearest: {', '.join(nearest)}" if nearest else ""

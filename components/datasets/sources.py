"""From ``datasets.KEY.source`` to the TFDS builder that fetches it.

A source is one of the repository's own builders, any data set of TFDS (``mnist``, ``emnist/letters``, ``mnist:3.0.1``),
or the path of a folder of pictures or of a text file.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.params import Dataset, UserError, did_you_mean

if TYPE_CHECKING:
    import tensorflow_datasets as tfds

__all__ = ["OWN", "find_builder"]

OWN = {"digits": ("components.datasets.digits", "Digits"), "pydocs": ("components.datasets.pydocs", "Pydocs")}


def find_builder(key: str, dataset: Dataset, folder: Path) -> "tfds.core.DatasetBuilder":
    """The builder of a data set, which will write under ``folder``. Looks at the source, and fetches nothing.

    Raises:
        UserError: there is no such source, or it does not hold what ``dataset.kind`` says.
    """
    place = f"datasets.{key}.source: {dataset.source}"
    if dataset.is_path:
        return _path_builder(place, dataset, folder)
    if dataset.source in OWN:
        module, name = OWN[dataset.source]
        builder = getattr(import_module(module), name)(data_dir=folder)
    else:
        builder = _named_builder(place, dataset.source, folder)

    from components.datasets.raw import find_feature

    find_feature(key, dataset.kind, builder.info)
    return builder


def _path_builder(place: str, dataset: Dataset, folder: Path) -> "tfds.core.DatasetBuilder":
    path = Path(dataset.source)
    if not path.exists():
        raise UserError(f"{place}: no such file or folder")
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

    name, _, config = source.partition(":")[0].partition("/")
    names = {*tfds.list_builders(with_community_datasets=False), *OWN}
    if name not in names:
        guess = did_you_mean(name, sorted(names))
        raise UserError(f"{place}: no TFDS data set, and no path from ./, ../ or /{guess}")
    try:
        configs: Any = tfds.builder_cls(name).builder_configs
        if config and config not in configs:
            raise UserError(f"{place}: {name} has no {config!r}{did_you_mean(config, sorted(configs))}")
        return tfds.builder(source, data_dir=folder, try_gcs=False)
    except ImportError as error:
        raise UserError(f"{place}: its builder needs a package that is not installed ({error})") from None
    except AssertionError as error:
        raise UserError(f"{place}: {str(error).rpartition(': Dataset ')[2]}") from None

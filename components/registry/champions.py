"""Champions: the versions that people chose, by the alias ``champion`` of a registered model."""

import mlflow
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException

from components.params import UserError
from components.registry.runs import PREFIX
from components.registry.tracking import connect

__all__ = ["CHAMPION", "champion", "champions", "find_model", "find_version", "move_champion"]

CHAMPION = "champion"


def champion(model: str) -> int | None:
    """The version at the alias ``champion``, if there is one."""
    try:
        return int(mlflow.MlflowClient().get_model_version_by_alias(model, CHAMPION).version)
    except MlflowException as error:
        if _is_missing(error):
            return None
        raise


def move_champion(model: str, version: int | None) -> None:
    """Point the alias at a version; delete it where that is ``None``."""
    client = mlflow.MlflowClient()
    if version is None:
        client.delete_registered_model_alias(model, CHAMPION)
    else:
        client.set_registered_model_alias(model, CHAMPION, str(version))


def champions() -> set[str]:
    """The registered models of this program that have a champion; those of others may share the record."""
    connect()
    ours = {version.name for version in mlflow.MlflowClient().search_model_versions(f"tags.`{PREFIX}model` LIKE '%'")}
    return {name for name in ours if champion(name) is not None}


def find_model(model: str) -> RegisteredModel:
    """A registered model.

    Raises:
        UserError: none has this name.
    """
    connect()
    client = mlflow.MlflowClient()
    try:
        return client.get_registered_model(model)
    except MlflowException as error:
        if not _is_missing(error):
            raise
    known = sorted(found.name for found in client.search_registered_models())
    raise UserError(f"no registered model is named {model!r}; there are: {', '.join(known) or 'none yet'}")


def find_version(model: str, version: str | int) -> ModelVersion:
    """A registered version, by its number or by an alias.

    Raises:
        UserError: there is no such version.
    """
    connect()
    client = mlflow.MlflowClient()
    try:
        if str(version).isdecimal():
            return client.get_model_version(model, str(version))
        return client.get_model_version_by_alias(model, str(version))
    except MlflowException as error:
        if not _is_missing(error):
            raise
    aliases = find_model(model).aliases
    numbers = [int(found.version) for found in client.search_model_versions(f"name = '{model}'")]
    there = ", ".join([*map(str, sorted(numbers)), *aliases])
    raise UserError(f"{model} has no version {version!r}; there are: {there}")


def _is_missing(error: MlflowException) -> bool:
    return error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")

"""A sweep as a study of Optuna's: where it is kept, what is tried next, and what is ended early."""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from optuna.trial import FrozenTrial, Trial, TrialState

from components.files import to_json
from components.params import Params, Range, Sweep
from components.params.sweep import parameters

__all__ = ["Study", "study_name"]

SCHEMA = "optuna"
SQLITE_SECONDS = 60  # that a process waits for another's transaction
DIGITS = 3  # of a drawn number, as a person would write it

optuna.logging.set_verbosity(optuna.logging.WARNING)


def study_name(name: str, params: Params, code: str) -> str:
    """The sweep's name, and a hash of all that makes its trials comparable: the same goes on, another begins anew.

    Args:
        name: of the sweep.
        params: with its section, that of its model and of the data.
        code: hash of the code that trains.
    """
    sweep = params.sweep(name)
    model = params.model(sweep.model)
    content = {
        "sweep": sweep.model_dump(mode="json", exclude={"trials", "parallel"}),
        "model": model.model_dump(mode="json"),
        "data": params.dataset(model.dataset).model_dump(mode="json"),
        "seed": params.seed,
        "code": code,
    }
    return f"{name}-{hashlib.sha256(to_json(content).encode()).hexdigest()[:8]}"


class Study:
    """The trials of a sweep, in a database that outlives any process.

    A trial that was running when its process was killed goes on under its own number: none is lost, none counts twice.
    What a trial draws depends on the seed, its number and the trials before it, so one sweep that goes step by step
    is like another, killed or not.

    Args:
        name: of the study.
        sweep: its section of ``params.yaml``.
        model: the model as it stands, the first trial if the space holds it.
        seed: of what is drawn.
        storage: database; where MLflow's is, if not given.
    """

    def __init__(self, name: str, sweep: Sweep, model: Any, seed: int, storage: str | None = None):
        self.name, self.sweep, self.seed = name, sweep, seed
        self.kinds = parameters(type(model))
        pruner = (
            optuna.pruners.NopPruner()
            if sweep.prune_after is None
            else optuna.pruners.MedianPruner(sweep.random_trials, sweep.prune_after)
        )
        self.study = optuna.create_study(
            storage=_storage(storage or storage_url()), study_name=name, pruner=pruner, load_if_exists=True
        )
        stands = {key: _value(model.model_dump(mode="json"), key) for key in sweep.space}
        if not self.trials and all(value in sweep.space[key] for key, value in stands.items()):
            self.study.enqueue_trial({key: _label(value) for key, value in stands.items()})

    @property
    def trials(self) -> list[FrozenTrial]:
        """All trials, by their number."""
        return self.study.get_trials(deepcopy=False)

    @property
    def best(self) -> FrozenTrial | None:
        """The trial of the lowest value, if any came to its end."""
        with suppress(ValueError):
            return self.study.best_trial
        return None

    def open(self, count: int) -> list[int]:
        """Numbers of the trials, of ``count`` in all, that have not ended."""
        return [
            number
            for number in range(count)
            if number >= len(self.trials) or not self.trials[number].state.is_finished()
        ]

    def take(self, number: int) -> Trial:
        """The open trial of this number, with its parameters drawn."""
        self.study.sampler = optuna.samplers.TPESampler(
            n_startup_trials=self.sweep.random_trials, seed=(self.seed + number) % 2**32
        )
        known = self.trials
        running = number < len(known) and known[number].state == TrialState.RUNNING
        trial = Trial(self.study, known[number]._trial_id) if running else self.study.ask()
        for key, within in self.sweep.space.items():
            self._suggest(trial, key, within)
        return trial

    def values(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """What stands in ``params.yaml`` for the parameters of a trial."""
        values: dict[str, Any] = {}
        for key, within in self.sweep.space.items():
            if within.bounds is None:
                values[key] = next(choice for choice in within.choices or () if _label(choice) == drawn[key])
            elif isinstance(drawn[key], float):
                least, most = within.bounds
                values[key] = min(max(float(f"{drawn[key]:.{DIGITS}g}"), least), most)
            else:
                values[key] = drawn[key]
        return values

    def _suggest(self, trial: Trial, key: str, within: Range) -> None:
        if within.bounds is None:
            trial.suggest_categorical(key, [_label(choice) for choice in within.choices or ()])
            return
        least, most = within.bounds
        if float in self.kinds[key]:
            trial.suggest_float(key, least, most, log=within.log)
        else:
            trial.suggest_int(key, int(least), int(most), log=within.log)


def storage_url() -> str:
    """Where studies are kept: ``OPTUNA_STORAGE``, MLflow's PostgreSQL database, or a file beside that of its SQLite."""
    from components.registry.tracking import SQLITE, home, tracking_uri

    if given := os.environ.get("OPTUNA_STORAGE"):
        return given
    uri = tracking_uri()
    if uri.startswith("postgresql"):
        return uri
    folder = Path(uri.removeprefix(SQLITE)).parent if uri.startswith(SQLITE) else home()
    return f"{SQLITE}{folder}/sweeps.db"


def _storage(url: str) -> optuna.storages.RDBStorage:
    """A storage at a URL; in PostgreSQL in a schema of its own.

    Optuna and MLflow both note the version of their tables in one named ``alembic_version``: in one schema, whichever
    came second would take the other's note for its own and refuse to work.
    """
    address = sqlalchemy.make_url(url)
    if address.get_backend_name() == "sqlite":
        return optuna.storages.RDBStorage(url, {"connect_args": {"timeout": SQLITE_SECONDS}})
    if address.get_backend_name() == "postgresql" and "options" not in address.query:
        engine = sqlalchemy.create_engine(address)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.schema.CreateSchema(SCHEMA, if_not_exists=True))
        engine.dispose()
        address = address.update_query_dict({"options": f"-csearch_path={SCHEMA}"})
    return optuna.storages.RDBStorage(address.render_as_string(hide_password=False))


def _label(choice: Any) -> Any:
    """A choice as a database can hold it."""
    return choice if isinstance(choice, str | int | float | None) else json.dumps(choice)


def _value(section: Any, key: str) -> Any:
    for part in key.split("."):
        section = (section or {}).get(part)
    return section

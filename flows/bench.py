"""Where the trials of a sweep work: each in a clone of its own, at one commit, with one cache."""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from components.params import ModelConfig, Params, Sweep, UserError, load
from components.params.document import Place
from components.params.editing import edited
from flows.lockfile import at_rest

__all__ = ["Bench", "MisfitError", "committed"]

CODE = ("components", "dvc.yaml", ".dvc/config")
LINKS = "reflink,hardlink,symlink,copy"  # data are read, never written: once on a disk is enough
CONFIG = """\
[core]
    site_cache_dir = "{folder}/dvc"
[cache]
    dir = "{cache}"
    type = "{links}"
"""


class MisfitError(UserError):
    """Values that are valid one by one, and not together."""


@dataclass(frozen=True)
class Bench:
    """What the trials of a sweep share.

    Args:
        folder: where their clones and checkpoints lie.
        commit: of the code, in the current folder's repository.
        text: of ``params.yaml``.
        params: what it says.
        lock: content of ``dvc.lock``, which pins the data.
        model: the model's name.
        stage: the stage that trains it.
        inputs: the stages whose outputs that reads, all in the cache.
        cache: DVC's.
        objective: column of the curves.
        parent: MLflow's id of the sweep's run.
        environment: variables of every training.
        mistakes: why there can be no such sweep, once a trial has found out.
    """

    folder: Path
    commit: str
    text: str
    params: Params
    lock: bytes
    model: str
    stage: str
    inputs: tuple[str, ...]
    cache: Path
    objective: str
    parent: str
    environment: Mapping[str, str]
    mistakes: list[UserError] = field(default_factory=list)

    @classmethod
    def of(cls, study: str, params: Params, sweep: Sweep, *, stage: str, inputs: Iterable[str], parent: str) -> "Bench":
        """The bench of a study in the current folder, whose data are up to date.

        Args:
            study: its name.
            params: of the current folder.
            sweep: one of them.
            stage: the stage that trains its model.
            inputs: the stages whose outputs that reads.
            parent: MLflow's id of the sweep's run.
        """
        from components.registry.tracking import home, tracking_uri

        with at_rest():
            lock = Path("dvc.lock").read_bytes()
        return cls(
            folder=home() / "sweeps" / study,
            commit=committed()[0],
            text=Path("params.yaml").read_text("utf-8"),
            params=params,
            lock=lock,
            model=sweep.model,
            stage=stage,
            inputs=tuple(inputs),
            cache=Path(_run(sys.executable, "-m", "dvc", "cache", "dir")).absolute(),
            objective=sweep.objective,
            parent=parent,
            environment={
                "MENAGERIE_EXECUTION": f"sweep {study}",
                "MENAGERIE_HOME": str(home()),
                "MENAGERIE_PARENT_RUN": parent,
                "MLFLOW_TRACKING_URI": tracking_uri(),
            },
        )

    def lay_out(self, clone: Path, values: Mapping[str, Any]) -> ModelConfig:
        """Make a clone anew: the commit's code, the data, and the parameters with the values of a trial.

        Args:
            clone: its folder.
            values: by the dotted keys of the model's section.

        Returns:
            The model's parameters there.

        Raises:
            MisfitError: the values do not go together.
            UserError: they would change another model too.
        """
        shutil.rmtree(clone, ignore_errors=True)
        _run("git", "clone", "--quiet", "--shared", "--no-checkout", ".", str(clone))
        _run("git", "-C", str(clone), "checkout", "--quiet", "--detach", self.commit)
        places: dict[Place, Any] = {("models", self.model, *key.split(".")): value for key, value in values.items()}
        (clone / "params.yaml").write_text(edited(self.text, places), "utf-8")
        (clone / "dvc.lock").write_bytes(self.lock)
        config = CONFIG.format(folder=self.folder, cache=self.cache, links=LINKS)
        (clone / ".dvc" / "config.local").write_text(config, "utf-8")
        try:
            models = load(clone / "params.yaml").models
        except UserError as error:
            raise MisfitError(*error.lines) from None
        self._expect_same_others(models)
        _run(sys.executable, "-m", "dvc", "checkout", "--quiet", *self.inputs, cwd=clone)
        return models[self.model]

    def end_leftovers(self) -> None:
        """Kill the processes of trials that outlived an earlier sweep."""
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if self.folder in Path(process.cwd()).parents:
                    process.kill()

    def clear(self) -> None:
        """Remove what is left once every trial has ended."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _expect_same_others(self, models: Mapping[str, ModelConfig]) -> None:
        known = self.params.models
        changed = [name for name, config in models.items() if name != self.model and config != known[name]]
        if changed:
            raise UserError(
                f"params.yaml: models.{self.model}: shares a part with {', '.join(changed)} by a YAML alias; "
                "a model whose parameters are varied needs one of its own"
            )


def committed() -> tuple[str, str]:
    """The commit that trials work at, and git's hash of the code in it.

    Raises:
        UserError: there is none, or the code here differs from it.
    """
    if changed := _run("git", "status", "--porcelain", "--untracked-files=no", "--", *CODE):
        files = ", ".join(line.split(maxsplit=1)[1] for line in changed.splitlines())
        raise UserError(f"{files}: not committed; a trial works in a clone of the last commit")
    commit, tree = _run("git", "rev-parse", "HEAD", "HEAD:components").split()
    return commit, tree


def _run(*command: str, cwd: Path | None = None) -> str:
    answer = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if answer.returncode:
        name = " ".join(command[:4]).replace(f"{sys.executable} -m ", "")
        raise UserError(f"{name}: {' / '.join(answer.stderr.strip().splitlines()[-3:])}")
    return answer.stdout.strip()

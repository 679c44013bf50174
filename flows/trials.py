"""A trial of a sweep: one training, which ends early where it does worse than those before it."""

import math
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

from optuna.trial import Trial, TrialState

from components.curves import read_curves
from components.params import ModelConfig, UserError
from flows.bench import Bench, MisfitError
from flows.stages import Outcome, StageRunner

__all__ = ["TrialRun"]

LOOK_SECONDS = 0.5
"""Between two looks at a training's curves."""
OUTCOMES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}

Curves = dict[str, list[float]]


class TrialRun:
    """One trial.

    Args:
        bench: what it shares with the others.
        trial: Optuna's.
        values: of the parameters that are varied, by their dotted keys.
    """

    def __init__(self, bench: Bench, trial: Trial, values: Mapping[str, Any]):
        self.bench, self.trial, self.values = bench, trial, values
        self.folder = bench.folder / str(trial.number)
        self.clone = self.folder / "clone"
        self.curves = self.clone / "artifacts" / "curves" / f"{bench.model}.csv"
        self.config: ModelConfig | None = None
        self.pruned = False
        self.epoch = trial.study.get_trials(deepcopy=False)[trial.number].last_step or 0
        checkpoints = {"MENAGERIE_CHECKPOINTS": str(self.folder / "checkpoints")}
        self._runner = StageRunner({**bench.environment, **checkpoints}, self.clone)

    def run(self, timeout: float, log: Callable[[str], None]) -> Outcome:
        """Train, and follow the curve; :attr:`pruned` tells whether it was ended for that, :attr:`epoch` how far it is.

        What it reports depends on the curve alone, not on how fast this process reads it.

        Raises:
            UserError: there can be no such sweep.
        """
        try:
            self.config = self.bench.lay_out(self.clone, self.values)
            self.pruned = self.epoch > 0 and self.trial.should_prune()  # it may have been killed before it was told
            return Outcome(code=0) if self.pruned else self._train(timeout, log)
        except MisfitError as error:
            log(str(error))
            return Outcome(code=2)
        except UserError as error:
            self.bench.mistakes.append(error)
            raise

    def stop(self) -> None:
        """End it, with all its processes."""
        self._runner.stop()

    def conclude(self, state: TrialState) -> float | None:
        """Record it, then tell the study, then remove its files: a kill in between, and it is concluded again.

        Args:
            state: ``COMPLETE``, ``PRUNED`` or ``FAIL``.

        Returns:
            Its value, where it has one.
        """
        from components.registry.sweeps import record_trial

        value = self._value() if state == TrialState.COMPLETE else None
        if value is not None and not math.isfinite(value):
            state, value = TrialState.FAIL, None
        if self.config is not None:
            record_trial(
                self.bench.parent,
                self.trial.number,
                OUTCOMES[state],
                config=self.config,
                seed=self.bench.params.seed,
                curves=self.curves,
                files=[self.clone / "params.yaml", self.clone / "dvc.lock"],
            )
        self.trial.study.tell(self.trial.number, value, state)
        shutil.rmtree(self.folder, ignore_errors=True)
        return value

    def _train(self, timeout: float, log: Callable[[str], None]) -> Outcome:
        with ThreadPoolExecutor(1) as pool:
            training = pool.submit(self._runner.run, self.bench.stage, timeout, log)
            try:
                while not wait([training], LOOK_SECONDS).done:
                    self._follow(self._progress())
                    if self.pruned:
                        self.stop()
            except BaseException:
                self.stop()
                raise
        outcome = training.result()
        if outcome.code == 0:
            self._follow(read_curves(self.curves))
        return outcome

    def _progress(self) -> Curves:
        """The curves of a training that has not ended; its logger counts epochs from 0."""
        with suppress(OSError, ValueError):  # it has just ended, or is writing
            for path in (self.folder / "checkpoints").glob("*/curves.csv"):
                curves = read_curves(path)
                return curves | {"epoch": [epoch + 1 for epoch in curves.get("epoch", [])]}
        return {}

    def _follow(self, curves: Curves) -> None:
        """Report the epochs that the study does not know, up to one after which the trial is to be ended."""
        if not curves.get("epoch"):
            return
        if self.bench.objective not in curves:
            allowed = ", ".join(sorted(curves.keys() - {"epoch", "step"}))
            raise UserError(
                f"params.yaml: sweeps: objective {self.bench.objective!r} is no curve of {self.bench.model}; "
                f"allowed: {allowed}"
            )
        for epoch, value in zip(curves["epoch"], curves[self.bench.objective], strict=True):
            if epoch > self.epoch and not self.pruned:
                self.epoch = int(epoch)
                self.trial.report(value, self.epoch)
                self.pruned = self.trial.should_prune()

    def _value(self) -> float:
        """The objective of the weights that the training kept."""
        assert self.config is not None
        curves = read_curves(self.curves)
        losses = curves["val_loss"]
        kept = losses.index(min(losses)) if self.config.training.best_weights else -1
        return curves[self.bench.objective][kept]

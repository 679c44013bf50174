"""A search for better parameters of a model: ``python -m flows.sweep NAME [--trials N] [--parallel K] [--apply]``.

Optuna says what to try, from what it has seen; each trial is a training in a clone of its own, pinned by DVC and
recorded in MLflow, and ends early where it does worse than the others did. A sweep that was killed goes on where it
was. The winner is a difference to ``params.yaml``, for a person to apply.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filelock import Timeout
from optuna.trial import TrialState
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed, State

from components.files import atomic_file
from components.params import Params, UserError, load, run_step
from flows.bench import Bench, committed
from flows.command import REFUSED, ends_in_order, expect_completed, positive
from flows.graph import read_graph, read_resources, walk
from flows.pipeline import pipeline
from flows.slots import expect_limit, gpus, slots
from flows.states import state_of, was_interrupted
from flows.study import Study, study_name
from flows.trials import TrialRun
from flows.winner import best_so_far, difference, draw, table, tuned

__all__ = ["main", "run_trial", "sweep"]

PARAMS = Path("params.yaml")


@task(name="trial", task_run_name="trial {number}", cache_policy=NO_CACHE, retry_condition_fn=was_interrupted)
def run_trial(number: int, run: TrialRun, needs: dict[str, float], timeout: float) -> State:
    """Train with the values of a trial; record what came out, and tell the study.

    Args:
        number: of the trial.
        run: the trial.
        needs: what a training must have to itself.
        timeout: seconds after which it is ended.

    Returns:
        Completed; Pruned or Cached, which are completed states too; Cancelled where the flow was ended; or Failed.
    """
    logger = get_run_logger()
    logger.info(", ".join(f"{key} {value}" for key, value in run.values.items()))
    with slots(needs):
        outcome = run.run(timeout, logger.info)
    state = state_of(outcome, run.bench.stage, timeout)
    if run.pruned:
        run.conclude(TrialState.PRUNED)
        return Completed(name="Pruned", message=f"worse than the median after {run.epoch} epochs")
    if state.is_completed():
        value = run.conclude(TrialState.COMPLETE)
        return Completed(name=state.name, message=f"{run.bench.objective} {value}")
    if not state.is_cancelled() and not outcome.may_pass:
        run.conclude(TrialState.FAIL)
    return state


@flow(name="sweep")
def sweep(name: str, trials: int | None = None, parallel: int | None = None) -> State:
    """Search the parameters of a model, or go on where the same search was left.

    Args:
        name: of the sweep in ``params.yaml``.
        trials: how many in all; as ``params.yaml`` says where not given.
        parallel: how many at once; as ``params.yaml`` says where not given.

    Returns:
        Completed; Failed if data could not be made, a trial was interrupted or none came to its end; or Refused, a
        failed state too, for a mistake that a person has to mend.
    """
    try:
        params = load()
        section = params.sweep(name)
        return _search(name, params, trials or section.trials, parallel or section.parallel)
    except UserError as error:
        return Failed(name=REFUSED, message=str(error))


def _search(name: str, params: Params, count: int, parallel: int) -> State:
    from components.registry.sweeps import close_sweep, open_sweep

    study = open_study(name, params)
    with _alone(study.name):
        numbers = study.open(count)
        stage = f"train@{study.sweep.model}"
        inputs = read_graph([stage])[stage]
        data = pipeline(inputs, return_state=True) if numbers else Completed()
        if not data.is_completed():
            return Failed(message=f"data of {study.sweep.model}: {data.message}")
        parent = open_sweep(study.name, study.sweep)
        try:
            if numbers:
                bench = Bench.of(study.name, params, study.sweep, stage=stage, inputs=inputs, parent=parent)
                _run_trials(study, bench, numbers, parallel)
        except BaseException:
            close_sweep(parent, "KILLED", best_so_far(study))
            raise
        left = [f"trial {number}" for number in study.open(count)]
        with TemporaryDirectory() as folder:
            _write_findings(study, Path(folder))
            close_sweep(parent, "FAILED" if left else "FINISHED", best_so_far(study), Path(folder))
    if left:
        return Failed(message=f"not ended: {', '.join(left)}; the same command goes on with them")
    return Completed(message=_summary(study)) if study.best else Failed(message=_summary(study))


def _run_trials(study: Study, bench: Bench, numbers: list[int], parallel: int) -> None:
    """Run the trials of these numbers to their ends.

    Raises:
        UserError: there can be no such sweep.
    """
    bench.end_leftovers()
    execution = bench.params.execution
    needs = read_resources().get(bench.stage.partition("@")[0], {})
    if "GPU" in needs and gpus():
        expect_limit()
    timeout = execution.stage_timeout_minutes * 60.0
    trial_task = run_trial.with_options(retries=execution.stage_retries, retry_delay_seconds=execution.retry_seconds)
    running: list[TrialRun] = []

    def start(number: str, _before: list[Any]) -> Any:
        if bench.mistakes:
            raise bench.mistakes[0]
        trial = study.take(int(number))
        running.append(TrialRun(bench, trial, study.values(trial.params)))
        return trial_task.submit(int(number), running[-1], needs, timeout, return_state=False)

    try:
        futures = walk({str(number): [] for number in numbers}, parallel, start)
        for future in futures.values():
            future.wait()
        if bench.mistakes:
            raise bench.mistakes[0]
    except BaseException:
        for run in running:
            run.stop()
        raise
    if not study.open(len(study.trials)):
        bench.clear()


def open_study(name: str, params: Params) -> Study:
    """The study of a sweep as the checkout stands: its parameters, data and committed code."""
    section = params.sweep(name)
    _, code = committed()
    return Study(study_name(name, params, code), section, params.model(section.model), params.seed)


@contextmanager
def _alone(study: str) -> Iterator[None]:
    """See that no other process of this machine works on the study."""
    from components.registry.tracking import exclusive

    try:
        with exclusive(f"sweep-{study}").acquire(timeout=0):
            yield
    except Timeout:
        raise UserError(f"{study}: another process works on this sweep; end it first") from None


def _write_findings(study: Study, folder: Path) -> None:
    """Table, difference and pictures into a folder for MLflow, and the first two as an artifact of Prefect's."""
    (folder / "trials.md").write_text(table(study) + "\n", "utf-8")
    found = difference(study, PARAMS.read_text("utf-8"))
    (folder / "params.diff").write_text(found, "utf-8")
    draw(study, folder)
    parts = [_summary(study), table(study), f"```diff\n{found}```" if found else "params.yaml has the best parameters."]
    create_markdown_artifact("\n\n".join(parts), key="sweep", description=study.name)


def _summary(study: Study) -> str:
    counts = Counter(trial.state.name.lower() for trial in study.trials)
    parts = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    best = f"; best: trial {study.best.number}, {study.sweep.objective} {study.best.value:.5g}" if study.best else ""
    return f"{len(study.trials)} trials: {parts}{best}"


@ends_in_order()
def main() -> None:
    """Sweep from the command line; exit code 1 if it failed, 2 for a mistake that a person has to mend."""
    parser = argparse.ArgumentParser(prog="python -m flows.sweep", description="Search better parameters of a model.")
    parser.add_argument("name", help="a sweep of params.yaml")
    parser.add_argument("--trials", type=positive, metavar="N", help="how many in all")
    parser.add_argument("--parallel", type=positive, metavar="K", help="how many at once")
    parser.add_argument("--history", action="store_true", help="show what was found so far, and run nothing")
    parser.add_argument("--apply", action="store_true", help="write the best parameters to params.yaml")
    options = parser.parse_args()
    load().sweep(options.name)  # a misspelt one is told before Prefect takes its seconds to start
    if not options.history:
        expect_completed(lambda: sweep(options.name, options.trials, options.parallel, return_state=True))
    study = open_study(options.name, load())
    text = PARAMS.read_text("utf-8")
    print(f"{_summary(study)}\n\n{table(study)}\n\n{difference(study, text)}")
    if options.apply:
        with atomic_file(PARAMS) as draft:
            draft.write_text(tuned(study, text), "utf-8")


if __name__ == "__main__":
    run_step(main)

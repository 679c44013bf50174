"""Verify a registered version: ``python -m components.verify NAME VERSION --out FILE.json``.

Whatever a version claims is looked at again, from its files alone: its weights by their hash; its samples, drawn by a
process that has nothing but the version, by theirs; its numbers by measuring them again, where the data that it was
measured on lie here; and the gate's rules, against the last good release. Each gives a verdict. The exit code tells
whether the version could be verified, the verdicts whether it is good.
"""

import argparse
import json
import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from safetensors.numpy import load_file

from components.costs import describe_machine
from components.datasets.arrays import Arrays, open_arrays
from components.files import sha256, write_json
from components.fingerprint import hash_samples
from components.params import Description, Gate, ImageSpec, Params, Spec, UserError, load, run_step
from components.registry.champions import find_version
from components.registry.gate import REFERENCE, Judged, Measured, Verdict, judge, read_judged
from components.registry.ledger import last_good
from components.registry.lineage import data_hash
from components.registry.packaged import SHARING, Drawer, DrawingError, KilledError, Packaged, fetch
from components.registry.pins import ExportError, dvc, has_remote
from components.registry.runs import PREFIX

__all__ = ["main", "verify"]

SAMPLES, DATA = f"{PREFIX}samples", f"{PREFIX}data"
FEW = 4  # samples that a version draws which does not say what it should draw


def main() -> None:
    """Verify the version that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m components.verify", description="Verify a registered version.")
    parser.add_argument("name", metavar="NAME", help="a registered model")
    parser.add_argument("version", metavar="VERSION", help="a version's number, or an alias")
    parser.add_argument("--alone", action="store_true", help="do not compare it with the released version")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="where verdicts are written as well")
    options = parser.parse_args()
    params = load()
    with TemporaryDirectory() as folder:
        packaged = fetch(options.name, options.version, Path(folder))
        os.environ.update(SHARING, KERAS_BACKEND=packaged.backend)
        verdicts = list(verify(packaged, params, options.alone))
    for verdict in verdicts:
        print(f"{verdict.rule}: {verdict}", flush=True)
    if options.out:
        content = [{"rule": one.rule, "passed": one.passed, "reason": one.reason} for one in verdicts]
        number = int(packaged.version.version)
        write_json(options.out, {"model": options.name, "version": number, "verdicts": content})


def verify(packaged: Packaged, params: Params, alone: bool = False) -> Iterator[Verdict]:
    """The verdict of each rule on a version. Weights that are not those that were registered are loaded by nobody.

    Args:
        packaged: the version.
        params: the gate's rules, and how to measure.
        alone: whether to leave out how it compares with the released version, which it may be worse than.

    Raises:
        KilledError: the process that draws was ended from without, which says nothing of the version.
    """
    weights = _judge_weights(packaged)
    yield weights
    if not weights.passed:
        return
    with Drawer(packaged) as draw:  # it loads while numbers are measured
        measured = _measure(packaged, params)
        samples, equal = _judge_samples(packaged, draw)
    recorded, good = read_judged(packaged.version), None if alone else last_good(packaged.version.name)
    yield samples
    yield _judge_numbers(measured, recorded, params.gate, equal)
    released = None if good in (None, recorded.version) else find_version(packaged.version.name, str(good))
    yield from judge(recorded, read_judged(released) if released else None, params.gate)


def _judge_weights(packaged: Packaged) -> Verdict:
    path = packaged.model / "model.safetensors"
    if (found := sha256(path)) != packaged.weights:
        return Verdict("weights", False, f"SHA-256 {found}, but registered was {packaged.weights or 'none'}")
    if broken := sorted(name for name, array in load_file(path).items() if not np.isfinite(array).all()):
        return Verdict("weights", False, f"not finite: {', '.join(broken)}")
    return Verdict("weights", True, f"SHA-256 {found}")


def _judge_samples(packaged: Packaged, draw: Drawer) -> tuple[Verdict, bool]:
    """Whether it draws what it drew when it was evaluated; and whether those are the very same samples."""
    wanted = json.loads(packaged.version.tags.get(SAMPLES, "{}"))
    n, seed = wanted.get("n", FEW), wanted.get("seed", 0)
    try:
        drawn = draw(n=n, seed=seed, **wanted.get("params", {}))
    except KilledError:
        raise
    except (DrawingError, UserError) as error:
        return Verdict("samples", False, f"cannot be drawn: {error}"), False
    spec = Description.read(packaged.model / "config.json").spec
    if mistake := _mistake(drawn, spec, n):
        return Verdict("samples", False, mistake), False
    if not wanted:
        return Verdict("samples", True, f"{n} can be drawn; which these should be is not recorded"), False
    if (found := hash_samples(drawn)) == wanted["sha256"]:
        return Verdict("samples", True, f"the {n} that were recorded, SHA-256 {found}"), True
    if others := _other_machine(packaged):
        return Verdict("samples", True, f"not those recorded, which had other {', '.join(others)}"), False
    return Verdict("samples", False, f"SHA-256 {found}, but recorded was {wanted['sha256']}"), False


def _mistake(drawn: np.ndarray | list[str], spec: Spec, n: int) -> str | None:
    """What is wrong with the form of samples."""
    if isinstance(spec, ImageSpec):
        shape = (n, *spec.shape)
        right = isinstance(drawn, np.ndarray) and drawn.shape == shape and drawn.dtype == np.uint8
        return None if right else f"should be images uint8{list(shape)}"
    right = isinstance(drawn, list) and len(drawn) == n and all(drawn)
    return None if right else f"should be {n} texts, none of them empty"


def _other_machine(packaged: Packaged) -> list[str]:
    """In what this machine differs from the one that trained the version."""
    from components.backend import device

    here, tags = describe_machine(packaged.backend, device()), packaged.version.tags
    return [key for key, value in here.items() if tags.get(f"{PREFIX}{key}") != str(value)]


def _judge_numbers(found: dict[str, Measured] | str, recorded: Judged, rules: Gate, equal: bool) -> Verdict:
    """Whether the numbers that the gate asks about are as recorded; where nobody can tell, equal samples are enough."""
    if isinstance(found, str):
        return Verdict("numbers", equal, f"not measured: {found}")
    common = sorted(found.keys() & recorded.metrics.keys() & {*rules.bars, *rules.not_worse})
    if not common:
        return Verdict("numbers", equal, "not measured: none that the gate asks about is recorded")
    off = [
        f"{name} is {found[name]}, but recorded was {recorded.metrics[name]}"
        for name in common
        if not _agree(found[name], recorded.metrics[name], rules.standard_errors)
    ]
    within = f"as recorded, within {rules.standard_errors:g} standard errors: {', '.join(common)}"
    return Verdict("numbers", not off, "; ".join(off) or within)


def _measure(packaged: Packaged, params: Params) -> dict[str, Measured] | str:
    """The numbers that can be measured again here, or why there are none."""
    try:
        data = _data(packaged)
        from components.evaluation.again import measure_again

        numbers = measure_again(packaged.model, data, params, packaged.version.tags.get(REFERENCE, ""))
    except UserError as error:
        return str(error)
    return {
        name: Measured(value["mean"], value["standard_error"])
        for name, value in numbers.items()
        if isinstance(value, dict) and value["standard_error"] is not None
    }


def _data(packaged: Packaged) -> Arrays:
    """The data that it was trained on; a clone without any is given them, with what samples are seen with.

    Raises:
        UserError: they do not lie here, or others do.
    """
    spec = Description.read(packaged.model / "config.json").spec
    needed = Path("data/arrays", spec.name), Path("artifacts/reference", spec.name)
    if not needed[0].exists() and has_remote():
        with suppress(ExportError):
            dvc("pull", "--quiet", *map(str, needed))
    data = open_arrays(needed[0])
    if data.spec != spec or data_hash(data.spec) != packaged.version.tags.get(DATA):
        raise UserError(f"{data.folder}: other data than it was trained on")
    return data


def _agree(one: Measured, other: Measured, most: float) -> bool:
    """Whether two measurements differ by chance at most; those of unknown errors are equal or are not."""
    error = math.hypot(one.standard_error, other.standard_error)
    return one.mean == other.mean or abs(one.mean - other.mean) <= most * error


if __name__ == "__main__":
    run_step(main)

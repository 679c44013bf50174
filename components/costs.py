"""What work cost on this machine: seconds, rates and memory, beside the results and never among them.

DVC pins what is the same in every run; a time never is. Costs lie in ``artifacts/costs/NAME.json``, which DVC does not
track, and carry the hash of the weights they belong to, so that a table never shows the time of another model.
"""

import json
import os
import platform
import resource
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from components.files import write_json

__all__ = ["describe_machine", "peak_memory", "read_costs", "record_costs"]

FOLDER = Path("artifacts/costs")
SHAPE_WEIGHTS = ("keras", "numpy")  # beside the backend: packages of other versions may round otherwise


def read_costs(name: str, weights: str) -> dict[str, Any]:
    """Costs of the model ``name`` whose weights hash to ``weights``; empty where they were not measured here."""
    path = FOLDER / f"{name}.json"
    costs = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return costs if costs.get("weights") == weights else {}


def record_costs(name: str, weights: str, part: str, costs: dict[str, Any]) -> None:
    """Add one part's costs (``training``, ``sampling``, …) to those of the model ``name``."""
    write_json(FOLDER / f"{name}.json", {**read_costs(name, weights), "weights": weights, part: costs})


def describe_machine(backend: str, device: str) -> dict[str, Any]:
    """What a model is trained on, and with: where two of these differ, equal weights are not to be expected.

    Args:
        backend: the Keras backend, which is also its package's name.
        device: what that computes on.
    """
    packages = [f"{name} {metadata.version(name)}" for name in sorted({backend, *SHAPE_WEIGHTS})]
    return {
        "backend": backend,
        "device": device,
        "cores": os.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
        "packages": ", ".join(packages),
    }


def _processor() -> str:
    """The processor's name, as the kernel tells it on Linux."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def peak_memory() -> int:
    """Bytes of main memory that this process held at most, mapped files that it read included.

    On Linux it is the kernel's ``VmHWM``, which is this program's own: ``ru_maxrss`` outlives ``exec``, and so is never
    less than what the process that started this one held then.
    """
    status = Path("/proc/self/status")
    for line in status.read_text("ascii").splitlines() if status.exists() else []:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024

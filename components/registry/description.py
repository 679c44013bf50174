"""What MLflow's page of a version says: how to draw from it, a picture, its numbers."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from components.diagnosis import paragraph, read_findings
from components.registry.gate import Verdict, passed
from components.registry.trained import Trained

__all__ = ["describe_version"]

PICTURES = {
    "samples.png": "samples",
    "classes.png": "samples of each class",
    "reconstructions.png": "reconstructions, below their originals",
}
LONGEST = 600  # characters of a text that is shown


def describe_version(run_id: str, trained: Trained, verdicts: Sequence[Verdict]) -> str:
    """Markdown: a sentence, what is wrong, what the gate says, the samples, how to use it, a table of numbers."""
    costs = {key: value for key, value in trained.costs.items() if isinstance(value, Mapping)}
    parts = [f"A **{trained.config.family}** trained on **{trained.spec.name}**."]
    parts += [f"**Diagnosis.** {paragraph(read_findings(trained.diagnosis))}"] if trained.diagnosis.exists() else []
    parts += [_gate(verdicts), _samples(run_id, trained), _usage(trained), _table(trained.metrics | costs)]
    return "\n\n".join(part for part in parts if part)


def _gate(verdicts: Sequence[Verdict]) -> str:
    rows = [f"| {one.rule} | {'passed' if one.passed else '**failed**'} | {one.reason} |" for one in verdicts]
    return "\n".join(
        [f"**Gate.** {'Passed' if passed(verdicts) else 'Failed'}.", "", "| | | |", "|---|---|---|", *rows]
    )


def _samples(run_id: str, trained: Trained) -> str:
    shown = [
        f"![{title}](/get-artifact?path={quote(f'evaluation/{file}', safe='')}&run_uuid={run_id})"
        for file, title in PICTURES.items()
        if (trained.evaluation / file).exists()
    ]
    text = trained.evaluation / "samples.txt"
    if text.exists():
        shown.append(f"```text\n{text.read_text('utf-8')[:LONGEST].replace('```', '')}\n```")
    return "\n\n".join(shown)


def _table(numbers: Mapping[str, Any]) -> str:
    rows = [f"| {key.replace('_', ' ')} | {value} |" for key, value in _readable(numbers).items()]
    return "\n".join(["| | |", "|---|---:|", *rows]) if rows else ""


def _readable(numbers: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Flat names and short numbers; a mean with its standard error is one."""
    shown: dict[str, str] = {}
    for key, value in numbers.items():
        if isinstance(value, Mapping) and value.keys() >= {"mean", "standard_error"}:
            others = "".join(f" ({name} = {value[name]})" for name in value.keys() - {"mean", "standard_error"})
            error = value["standard_error"]
            shown[prefix + key] = f"{value['mean']:.5g}{'' if error is None else f' ± {error:.2g}'}{others}"
        elif isinstance(value, Mapping):
            shown |= _readable(value, f"{prefix}{key} ")
        else:
            shown[prefix + key] = f"{value:.5g}" if isinstance(value, float) else f"{value}"
    return shown


def _usage(trained: Trained) -> str:
    return f"""```python
model = mlflow.pyfunc.load_model("models:/{trained.name}@candidate")
model.predict({{}}, params={{"n": 16, "seed": 7}})
```"""

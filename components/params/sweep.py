"""Sweeps: what of a model is varied, between which bounds, and which of its curves says what is better."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_type_hints

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from components.params.document import Mistake, Place
from components.params.errors import did_you_mean
from components.params.families import ModelConfig
from components.params.section import NonNegative, Positive, Section, complaint
from components.params.shape import Shape
from components.params.wording import mistakes

__all__ = ["Range", "Sweep", "misfits", "parameters"]

MODEL: TypeAdapter[Any] = TypeAdapter(ModelConfig)
FIXED = {"family", "dataset"}


class Range(Section):
    """What one parameter may be: a number between two bounds, or one of some choices."""

    least: float | None = Field(None, description="the least that is tried")
    most: float | None = Field(None, description="the most that is tried")
    log: bool = Field(False, description="draw its logarithm evenly, as fits a learning rate")
    choices: tuple[Any, ...] | None = Field(None, description="what is tried, in place of bounds")

    @model_validator(mode="after")
    def _bounds_or_choices(self) -> "Range":
        if self.choices is None and self.bounds is not None:
            least, most = self.bounds
            if least >= most:
                raise complaint("leaves nothing to choose; allowed: a least that is below most")
            if self.log and least <= 0:
                raise complaint("has no logarithm at its least; allowed: a least above 0, or no log")
        elif self.choices is None or self.least is not None or self.most is not None or self.log:
            raise complaint("is no range; allowed: least and most, or choices")
        elif len(self.choices) < 2:
            raise complaint("leaves nothing to choose; allowed: two or more choices")
        return self

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The least and the most; none of choices."""
        return None if self.least is None or self.most is None else (self.least, self.most)

    @property
    def ends(self) -> dict[Place, Any]:
        """The values that must fit where they go: both bounds, or every choice."""
        if self.bounds is None:
            return {("choices", place): choice for place, choice in enumerate(self.choices or ())}
        least, most = self.bounds
        return {("least",): _whole(least), ("most",): _whole(most)}

    def __contains__(self, value: Any) -> bool:
        if self.bounds is None:
            return value in (self.choices or ())
        least, most = self.bounds
        return isinstance(value, int | float) and least <= value <= most


class Sweep(Section):
    """A search for better parameters of one model.

    Two trials can be compared only if ``objective`` means the same in both, which it does not where their likelihoods
    differ, for example.
    """

    model: str = Field(description="name of the model, one of models")
    trials: Positive = Field(description="how many trainings; the first is of the model as it stands")
    parallel: Positive = Field(1, description="trials at once; more than one makes the search depend on their timing")
    objective: str = Field("val_loss", description="column of the learning curves, the lower the better")
    random_trials: Positive = Field(5, description="trials drawn at random before the search goes by what it has seen")
    prune_after: NonNegative | None = Field(
        None, description="epochs after which a trial worse than the median of those before it is ended; null for none"
    )
    space: dict[str, Range] = Field(
        min_length=1, description="parameter of the model, dotted as in training.optimizer.learning_rate → its range"
    )


def misfits(sweeps: Mapping[str, Sweep], models: Mapping[str, ModelConfig]) -> Iterator[Mistake]:
    """What is wrong with sweeps, given the models: an unknown model, a key that it lacks, a value that does not fit.

    Args:
        sweeps: the section, valid in itself.
        models: the file's, all valid.
    """
    for name, sweep in sweeps.items():
        if sweep.model in models:
            for key, within in sweep.space.items():
                yield from _misfit(("sweeps", name, "space", key), models[sweep.model], key, within)
        else:
            guess = did_you_mean(sweep.model, models)
            yield (
                ("sweeps", name, "model"),
                f"{sweep.model!r} is not in models; allowed: {', '.join(models)}{guess}",
            )


def _misfit(place: Place, model: ModelConfig, key: str, within: Range) -> Iterator[Mistake]:
    known = parameters(type(model)).keys() - FIXED
    if key not in known:
        guess = did_you_mean(key, known) or "; allowed: a key of its section, dotted"
        yield place, f"no parameter of {model.family} that can be varied{guess}"
        return
    for end, value in within.ends.items():
        try:
            MODEL.validate_json(json.dumps(_with(model.model_dump(mode="json"), key.split("."), value)))
        except ValidationError as error:
            schema = MODEL.json_schema()
            where, words = next(iter(mistakes(error.errors(), Shape(schema, schema["$defs"]))))
            at = ".".join(map(str, where))
            yield (*place, *end), words if at.startswith(key) else f"with {json.dumps(value)}, {at}: {words}"
            return


def parameters(section: type[Section], around: str = "") -> dict[str, tuple[Any, ...]]:
    """The types that every parameter of a section, and of the sections inside it, may have, by its dotted key."""
    found: dict[str, tuple[Any, ...]] = {}
    hints = get_type_hints(section)
    for name in section.model_fields:
        kinds = (hints[name], *get_args(hints[name]))
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)]
        found |= parameters(inner[0], f"{around}{name}.") if inner else {f"{around}{name}": kinds}
    return found


def _with(section: Any, keys: list[str], value: Any) -> Any:
    """A section with one value replaced; a part that is null is begun."""
    first, *rest = keys
    return {**(section or {}), first: _with((section or {}).get(first), rest, value) if rest else value}


def _whole(number: float) -> float | int:
    return int(number) if number.is_integer() else number

"""What a jaxpr counts for, by :mod:`components.backend.counting`."""

import math
from collections.abc import Iterator
from typing import Any

from components.backend.counting import convolution

__all__ = ["jaxpr_flops"]

Shape = tuple[int, ...]


def jaxpr_flops(jaxpr: Any) -> int:
    """Operations of a jaxpr and of those within it.

    Raises:
        ValueError: a loop turns as often as its data say.
    """
    return sum(_flops(equation) for equation in _needed(getattr(jaxpr, "jaxpr", jaxpr)))


def _needed(jaxpr: Any) -> Iterator[Any]:
    """The equations that results and effects need: XLA leaves the others out."""
    names = set(map(id, jaxpr.outvars))
    for equation in reversed(jaxpr.eqns):
        if equation.effects or not names.isdisjoint(map(id, equation.outvars)):
            names.update(map(id, equation.invars))
            yield equation


def _flops(equation: Any) -> int:
    params, shapes = equation.params, [variable.aval.shape for variable in equation.invars]
    result = equation.outvars[0].aval.shape if equation.outvars else ()
    within = [jaxpr_flops(jaxpr) for jaxpr in _jaxprs(params)]
    match equation.primitive.name:
        case "dot_general":
            (summed, _), _ = params["dimension_numbers"]
            return 2 * math.prod(result) * math.prod(shapes[0][axis] for axis in summed)
        case "conv_general_dilated":
            return _convolution(shapes[0], shapes[1], result, params["dimension_numbers"])
        case "scan":
            return params["length"] * sum(within)
        case "while" if any(within):
            raise ValueError("a loop that turns as often as its data say cannot be counted")
        case "cond":
            return max(within)
    return sum(within)


def _convolution(left: Shape, right: Shape, result: Shape, axes: Any) -> int:
    """Of Keras' layouts: images have their channels and kernels their axes of space apart from one another's."""
    x, kernel, y = ([shape[i] for i in spec[2:]] for shape, spec in zip((left, right, result), axes, strict=True))
    if axes.lhs_spec[2:] == axes.rhs_spec[2:] != axes.out_spec[2:]:  # two images make the gradient by the kernel
        return convolution(left[axes.lhs_spec[1]], math.prod(result), x, kernel)
    return convolution(result[axes.out_spec[0]], math.prod(right), x, y)


def _jaxprs(params: dict[str, Any]) -> Iterator[Any]:
    """Those that an equation carries, however its primitive calls them."""
    for value in params.values():
        yield from (part for part in (value if isinstance(value, tuple | list) else [value]) if hasattr(part, "eqns"))

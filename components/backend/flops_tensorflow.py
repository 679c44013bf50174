"""What a TensorFlow graph counts for, by :mod:`components.backend.counting`."""

import math
from typing import Any

from components.backend.counting import convolution

__all__ = ["graph_flops"]

PRODUCTS = {"MatMul": "transpose_a", "BatchMatMul": "adj_x", "BatchMatMulV2": "adj_x", "BatchMatMulV3": "adj_x"}
LOOPS = {"While", "StatelessWhile"}
BRANCHES = {"If", "StatelessIf", "Case", "StatelessCase"}

# Where the kernel, the input and the output of a convolution are among the inputs of an operation and its output.
CONVOLUTIONS = {
    **dict.fromkeys(("Conv2D", "Conv3D", "DepthwiseConv2dNative"), (1, 0, 2)),
    **dict.fromkeys(
        ("Conv2DBackpropInput", "Conv3DBackpropInputV2", "DepthwiseConv2dNativeBackpropInput"),
        (1, 3, 2),
    ),
    **dict.fromkeys(
        ("Conv2DBackpropFilter", "Conv3DBackpropFilterV2", "DepthwiseConv2dNativeBackpropFilter"),
        (3, 0, 2),
    ),
}


def graph_flops(graph: Any) -> int:
    """Operations of a graph and of the functions that it calls.

    Raises:
        ValueError: a loop has no limit, or a shape is not known.
    """
    return sum(_flops(operation) for operation in _needed(graph))


def _needed(graph: Any) -> set[Any]:
    """What results and effects need: gradient tapes leave other operations behind, which never run."""
    found: set[Any] = set()
    waiting = [*(tensor.op for tensor in graph.outputs), *graph.control_outputs]
    while waiting:
        operation = waiting.pop()
        if operation not in found:
            found.add(operation)
            waiting += [*(tensor.op for tensor in operation.inputs), *operation.control_inputs]
    return found


def _flops(operation: Any) -> int:
    kind = operation.type
    if kind in PRODUCTS:
        return _product(operation)
    if kind == "Einsum":
        return _einsum(operation)
    if kind in CONVOLUTIONS:
        return _convolution(operation)
    called = [graph_flops(operation.graph._get_function(name).graph) for name in _functions(operation)]
    if kind in LOOPS and any(called):
        return _turns(operation) * sum(called)
    return max(called, default=0) if kind in BRANCHES else sum(called)


def _product(operation: Any) -> int:
    rows, columns = _shape(operation.inputs[0])[-2:]
    summed = rows if operation.get_attr(PRODUCTS[operation.type]) else columns
    return 2 * summed * math.prod(_shape(operation.outputs[0]))


def _einsum(operation: Any) -> int:
    """Of two operands; a dimension that the result lacks is summed over."""
    if len(operation.inputs) < 2:
        return 0
    operands, _, result = operation.get_attr("equation").decode().partition("->")
    lengths: dict[str, int] = {}
    for labels, tensor in zip(operands.split(","), operation.inputs, strict=True):
        shape, (before, _, after) = _shape(tensor), labels.partition("...")
        lengths |= dict(zip(before, shape, strict=False)) | dict(zip(after[::-1], shape[::-1], strict=False))
    summed = math.prod(length for label, length in lengths.items() if label not in result)
    return 2 * summed * math.prod(_shape(operation.outputs[0]))


def _convolution(operation: Any) -> int:
    tensors = [*operation.inputs, operation.outputs[0]]
    kernel, x, y = (_shape(tensors[i]) for i in CONVOLUTIONS[operation.type])
    first = 2 if operation.get_attr("data_format").startswith(b"NC") else 1
    space = slice(first, first + len(x) - 2)
    return convolution(x[0], math.prod(kernel), x[space], y[space])


def _functions(operation: Any) -> list[str]:
    """Names of the functions that an operation calls."""
    names: list[str] = []
    for attribute in operation.op_def.attr:
        if attribute.type == "func":
            names.append(operation.get_attr(attribute.name).name)
        elif attribute.type == "list(func)":
            names += [function.name for function in operation.get_attr(attribute.name)]
    return [name for name in names if name]


def _turns(loop: Any) -> int:
    """How often a loop turns at most: TensorFlow passes the limit as its second input."""
    limit = loop.inputs[1].op
    turns = limit.get_attr("value").int_val[0] if limit.type == "Const" else -1
    if turns < 0:
        raise ValueError(f"{loop.name}: a loop without a constant maximum_iterations cannot be counted")
    return turns


def _shape(tensor: Any) -> list[int]:
    if not tensor.shape.is_fully_defined():
        raise ValueError(f"{tensor.name}: its shape, {tensor.shape}, is not known before it runs")
    return tensor.shape.as_list()

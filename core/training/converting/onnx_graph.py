"""Nodes and arrays of an ONNX graph that is written, and the order of the axes of each tensor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

#: From channels last to channels first, and back.
TO_FIRST, TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
_BATCH = -1


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """A tensor of the network; its shape is that of the trace, with channels last.

    Pictures are kept with channels first, as ONNX convolutions take them, until something needs the other
    order.
    """

    shape: tuple[int, ...]
    #: The name in the graph; empty for a constant.
    name: str = ""
    channels_first: bool = False
    array: NDArray[Any] | None = None

    @property
    def constant(self) -> NDArray[Any]:
        """The array of a constant; TypeError for another tensor."""
        if self.array is None:
            raise TypeError("it depends on the crop")
        return self.array


class OnnxGraph:
    """Nodes and arrays, named by what they do and a number."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.arrays: list[TensorProto] = []

    def array(self, values: NDArray[Any]) -> str:
        """Add an array; returns its name."""
        name = f"array_{len(self.arrays)}"
        self.arrays.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def numbers(self, *values: int) -> str:
        """Add whole numbers."""
        return self.array(np.array(values, np.int64))

    def add(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add a node; returns the name of its output."""
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def last(self, tensor: Tensor) -> str:
        """The name of a tensor in the order of the network."""
        if tensor.array is not None:
            return self.array(tensor.array)
        return self.add("Transpose", [tensor.name], perm=TO_LAST) if tensor.channels_first else tensor.name

    def first(self, tensor: Tensor) -> str:
        """The name of pictures with channels first."""
        if tensor.array is not None:
            return self.array(_constant_first(tensor.array))
        return tensor.name if tensor.channels_first else self.add("Transpose", [tensor.name], perm=TO_FIRST)

    def elementwise(
        self, kind: str, inputs: Sequence[Tensor], shape: tuple[int, ...], **given: Any
    ) -> Tensor:
        """A node whose inputs are broadcast against each other."""
        first = any(each.channels_first for each in inputs) and all(
            each.array is not None or len(each.shape) == 4 for each in inputs
        )
        name = self.add(kind, [self.first(each) if first else self.last(each) for each in inputs], **given)
        return Tensor(name=name, shape=shape, channels_first=first)

    def reshape(self, tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The same numbers in another shape, for any number of crops."""
        name = self.add("Reshape", [self.last(tensor), self.numbers(_BATCH, *shape[1:])])
        return Tensor(name=name, shape=shape)


def renamed(tensor: Tensor, name: str) -> Tensor:
    """What a node made of a tensor without another shape or order."""
    return replace(tensor, name=name)


def _constant_first(values: NDArray[Any]) -> NDArray[Any]:
    """An array that is broadcast against pictures, for channels first."""
    if values.ndim == 0:
        return values
    return values.reshape((1,) * (4 - values.ndim) + values.shape).transpose(TO_FIRST)

"""Tensors of a Keras network that is built from an ONNX graph, and what its operators share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, helper

from core.training.converting.onnx_graph import TO_FIRST, TO_LAST

#: Where the axes of pictures are once channels come last.
_LAST_AXES = (0, 3, 1, 2)


@dataclass(frozen=True, kw_only=True)
class Value:
    """A constant, or a tensor of the network for any number of crops.

    Pictures are kept with channels last, as Keras takes them, until something needs the order of the graph.
    """

    tensor: Any = None
    array: NDArray[Any] | None = None
    channels_last: bool = False

    @property
    def constant(self) -> NDArray[Any]:
        """The array of a constant; TypeError for a tensor."""
        if self.array is None:
            raise TypeError("it depends on the crop")
        return self.array

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape in the graph, for one crop."""
        if self.array is not None:
            return self.array.shape
        shape = (1, *self.tensor.shape[1:])
        return tuple(shape[axis] for axis in TO_FIRST) if self.channels_last else shape

    @property
    def plain(self) -> Any:
        """The tensor in the order of the graph."""
        if self.array is not None:
            raise TypeError("a constant takes the place of the crop")
        if not self.channels_last:
            return self.tensor
        if self.shape[2:] == (1, 1):
            return keras.layers.Reshape(self.shape[1:])(self.tensor)
        return keras.layers.Permute((3, 1, 2))(self.tensor)

    @property
    def pictures(self) -> Any:
        """The tensor with channels last."""
        if self.array is not None or len(self.shape) != 4:
            raise TypeError("it is no picture")
        return self.tensor if self.channels_last else keras.layers.Permute((2, 3, 1))(self.tensor)

    def axis(self, axis: int) -> int:
        """Where an axis of the graph is in `tensor`; TypeError for the axis of the crops."""
        place = axis % len(self.shape)
        if place == 0:
            raise TypeError("it mixes the crops")
        return _LAST_AXES[place] if self.channels_last else place


def operand(value: Value, *, channels_last: bool) -> Any:
    """What an operation takes that is broadcast against others, in this order."""
    if value.array is None:
        return value.pictures if channels_last else value.plain
    array = value.array.astype(np.float32)
    if array.size == 1:
        return float(array.reshape(()))
    if not channels_last:
        return array
    return array.reshape((1,) * (4 - array.ndim) + array.shape).transpose(TO_LAST)


def is_channels_last(values: Sequence[Value]) -> bool:
    """Whether what is broadcast against each other are pictures, of which one has its channels last."""
    tensors = [value for value in values if value.array is None]
    return any(each.channels_last for each in tensors) and all(len(each.shape) == 4 for each in tensors)


@dataclass(frozen=True, kw_only=True)
class Operator:
    """A node of the graph with its inputs; missing ones are None."""

    node: NodeProto
    opset: int
    inputs: Sequence[Value | None]

    @property
    def kind(self) -> str:
        """Its name in the standard."""
        return str(self.node.op_type)

    @property
    def given(self) -> Value:
        """The first input."""
        if self.inputs[0] is None:
            raise TypeError("its input is missing")
        return self.inputs[0]

    @property
    def attributes(self) -> Mapping[str, Any]:
        """Its attributes by name."""
        return {each.name: helper.get_attribute_value(each) for each in self.node.attribute}

    def attribute(self, name: str, default: Any = None) -> Any:
        """One of them."""
        return self.attributes.get(name, default)

    def constant(self, place: int) -> NDArray[Any] | None:
        """The constant at a place of the inputs; None without one. TypeError for a tensor."""
        value = self.inputs[place] if place < len(self.inputs) else None
        return None if value is None else value.constant

    def numbers(self, name: str, place: int) -> list[int] | None:
        """Whole numbers that older operators have as an attribute and newer ones as an input."""
        if name in self.attributes:
            return [int(each) for each in self.attributes[name]]
        found = self.constant(place)
        return None if found is None else [int(each) for each in np.atleast_1d(found)]


def weighted(layer: keras.Layer, tensor: Any, *arrays: NDArray[Any]) -> Any:
    """The output of a layer with these weights."""
    found = layer(tensor)
    layer.set_weights([np.asarray(array, np.float32) for array in arrays])
    return found

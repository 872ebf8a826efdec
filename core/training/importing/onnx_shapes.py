"""Refuse graphs in which the size of an array depends on the pixels of a crop.

The trial shows what memory a graph takes. It would show little if a certain picture could make an array
larger.
"""

import onnx

from core.training.importing.limits import refuse

#: Inputs, by place, that say how large the output of an operator is.
_SIZES = {
    "ConstantOfShape": (0,),
    "Expand": (1,),
    "Pad": (1, 3),
    "Range": (0, 1, 2),
    "ReduceL2": (1,),
    "ReduceMax": (1,),
    "ReduceMean": (1,),
    "ReduceMin": (1,),
    "ReduceProd": (1,),
    "ReduceSum": (1,),
    "ReduceSumSquare": (1,),
    "Reshape": (1,),
    "Resize": (1, 2, 3),
    "Slice": (1, 2, 3, 4),
    "Split": (1,),
    "Squeeze": (1,),
    "Tile": (1,),
    "Unsqueeze": (1,),
    "Upsample": (1,),
}
#: Operators whose output depends on the shape of their input, not on its values.
_OF_SHAPE = frozenset(("Shape", "Size"))


def check_sizes(graph: onnx.GraphProto) -> None:
    """Raise InputError model_variable_size; onnx.checker has seen that nodes stand in their order."""
    arrays = {each.name for each in graph.initializer}
    of_pixels = {each.name for each in graph.input if each.name not in arrays}
    for node in graph.node:
        inputs = list(node.input)
        sizes = [inputs[place] for place in _SIZES.get(node.op_type, ()) if place < len(inputs)]
        if any(name in of_pixels for name in sizes):
            raise refuse(
                "model_variable_size", f"The pixels decide how large the output of {node.op_type} is."
            )
        if node.op_type not in _OF_SHAPE and any(name in of_pixels for name in inputs):
            of_pixels.update(node.output)

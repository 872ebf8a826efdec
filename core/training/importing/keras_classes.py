"""Classes that the configuration of a Keras network may name: layers of Keras without code of their own."""

from typing import Any

_LAYERS = frozenset(
    (
        "InputLayer", "Activation", "Add", "Average", "AveragePooling2D", "BatchNormalization",
        "CenterCrop", "Concatenate", "Conv2D", "Cropping2D", "Dense", "DepthwiseConv2D", "Dropout",
        "ELU", "Flatten", "GaussianDropout", "GaussianNoise", "GlobalAveragePooling2D",
        "GlobalMaxPooling2D", "GroupNormalization", "Identity", "LayerNormalization", "LeakyReLU",
        "MaxPooling2D", "Maximum", "Minimum", "Multiply", "Normalization", "PReLU", "Permute",
        "RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip", "RandomRotation",
        "RandomTranslation", "RandomZoom", "ReLU", "Rescaling", "Reshape", "Resizing",
        "SeparableConv2D", "Softmax", "SpatialDropout2D", "Subtract", "UnitNormalization",
        "UpSampling2D", "ZeroPadding2D",
    )
)  # fmt: skip
_INITIALIZERS = frozenset(
    (
        "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "LecunNormal",
        "LecunUniform", "Ones", "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal",
        "VarianceScaling", "Zeros",
    )
)  # fmt: skip
_NETWORKS = {
    "Functional": ("keras", "keras.models", "keras.src.models.functional", "keras.src.engine.functional"),
    "Sequential": ("keras", "keras.models", "keras.src.models.sequential", "keras.src.engine.sequential"),
}
#: Arithmetic that stands between layers, such as the scaling of `preprocess_input`, and what an exported
#: version has there.
_OPERATIONS = frozenset(
    (
        "Abs", "Absolute", "Add", "Ceil", "Divide", "Exp", "Floor", "GetItem", "Log", "Matmul", "Max",
        "Maximum", "Mean", "Min", "Minimum", "Multiply", "Negative", "Pad", "Power", "Reciprocal", "Reshape",
        "Round", "Sign", "Sqrt", "Square", "Subtract", "Sum", "Take", "TrueDivide",
    )
)  # fmt: skip
#: Values inside the arguments of a layer; Keras builds no object for them but a slice, an array of numbers,
#: or a tensor's place.
_PLAIN = frozenset(("__keras_tensor__", "__ellipsis__", "__slice__", "__numpy__"))
_BY_MODULE = {
    "keras.layers": _LAYERS,
    "keras.initializers": _INITIALIZERS,
    "keras.regularizers": frozenset(("L1", "L2", "L1L2")),
    "keras.constraints": frozenset(("MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm")),
    "keras": frozenset(("DTypePolicy",)),
    "keras.src.ops.numpy": _OPERATIONS,
    "keras.src.ops.math": frozenset(("Erf",)),
    "keras.src.ops.nn": frozenset(("Gelu", "LogSoftmax")),
}
#: Configurations of Keras 2 name some of these without a module.
_WITHOUT_MODULE = _INITIALIZERS | _BY_MODULE["keras.regularizers"] | _BY_MODULE["keras.constraints"]


def is_plain(value: dict[str, Any]) -> bool:
    """Whether a value is no layer and no other object of Keras."""
    return value["class_name"] in _PLAIN


def is_allowed(name: object, module: object, registered_name: object) -> bool:
    """Whether Keras may build an object of this class; whatever is not known is not allowed."""
    if not isinstance(name, str) or registered_name not in (None, name):
        return False
    if module is None:
        return name in _PLAIN or name in _WITHOUT_MODULE
    if name in _NETWORKS:
        return module in _NETWORKS[name]
    return isinstance(module, str) and name in _BY_MODULE.get(module, frozenset())

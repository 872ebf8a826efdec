"""A version as a zip for other programs: its files, its card, and examples that run them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_STORED, ZipFile

from core.detection.card import parse_card
from core.errors import InputError, PermanentError
from models import ClassifierVersion, VersionFile, VersionFileKind

#: The files that other programs can run, in the order of the README. All take the same crops.
RUNNABLE = (
    VersionFileKind.KERAS_MODEL,
    VersionFileKind.LITERT,
    VersionFileKind.LITERT_INT8,
    VersionFileKind.ONNX,
)
_TITLES = {
    VersionFileKind.KERAS_MODEL: "Keras",
    VersionFileKind.LITERT: "LiteRT",
    VersionFileKind.LITERT_INT8: "LiteRT, 8-bit",
    VersionFileKind.ONNX: "ONNX",
}
_CROP = """import numpy as np
from PIL import Image

crop = np.asarray(Image.open("face.png").convert("RGB").resize(({side}, {side})), np.float32)[None]
labels = {labels}


def probabilities(logits):
    powers = np.exp((logits - logits.max()) / {temperature})
    return dict(zip(labels, (powers / powers.sum()).tolist()))
"""
_LITERT = """from ai_edge_litert.interpreter import Interpreter

network = Interpreter("{name}")
network.allocate_tensors()
network.set_tensor(network.get_input_details()[0]["index"], crop)
network.invoke()
print(probabilities(network.get_tensor(network.get_output_details()[0]["index"])[0]))
"""
_EXAMPLES = {
    VersionFileKind.KERAS_MODEL: """import keras

network = keras.saving.load_model("{name}", safe_mode=True, compile=False)
print(probabilities(np.asarray(network(crop))[0]))
""",
    VersionFileKind.LITERT: _LITERT,
    VersionFileKind.LITERT_INT8: _LITERT,
    VersionFileKind.ONNX: """import onnxruntime

network = onnxruntime.InferenceSession("{name}")
print(probabilities(network.run(None, {{"crops": crop}})[0][0]))
""",
}


@dataclass(frozen=True, kw_only=True)
class LeavingFile:
    """A file of the zip."""

    kind: VersionFileKind
    name: str
    path: Path


def leaving_names(files: Iterable[VersionFile]) -> dict[VersionFileKind, str]:
    """The names in the zip of what other programs can use, by kind."""
    names: dict[VersionFileKind, str] = {}
    for file in files:
        if file.kind in (*RUNNABLE, VersionFileKind.CARD, VersionFileKind.IMPORTED):
            taken = file.name in names.values()
            names[file.kind] = f"{file.kind.value}-{file.name}" if taken else file.name
    return names


def readme(version: ClassifierVersion, names: Mapping[VersionFileKind, str]) -> str:
    """What the files take and give, with an example for each that other programs can run.

    Raises InputError version_without_card.
    """
    card = version.card
    try:
        parsed = parse_card(card, Path())
    except PermanentError as error:
        raise InputError(
            "version_without_card", f"The card of {version.name} does not say how its files are used."
        ) from error
    labels: list[str] = card["labels"]
    fill: dict[str, Any] = {
        "side": card["input"]["side"],
        "labels": json.dumps(labels),
        "temperature": card["temperature"],
    }
    parts = [
        f"# {version.name}",
        card.get("summary", ""),
        f"All files take crops float32 (n, {fill['side']}, {fill['side']}, 3), RGB, 0 to 255, and give a "
        f"logit for each label in this order: {', '.join(labels)}. The crop is a square whose side is "
        f"{parsed.context:g} times the root of the area of the face's box, and whose centre is "
        f"{parsed.down:g} of that root below the box's. "
        f"Probabilities are the softmax of the logits divided by {fill['temperature']}. `card.json` has the "
        "metrics, the training data and the hashes of the files.",
        *_sources(card, names),
        "## The crop",
        _code(_CROP.format(**fill)),
    ]
    for kind in RUNNABLE:
        if kind in names:
            parts += [f"## {_TITLES[kind]}", _code(_EXAMPLES[kind].format(name=names[kind], **fill))]
    return "\n\n".join(part for part in parts if part) + "\n"


def write_zip(text: str, files: Iterable[LeavingFile], out: IO[bytes]) -> None:
    """Write the zip; the files are compressed already, or do not shrink."""
    with ZipFile(out, "w", ZIP_STORED) as archive:
        archive.writestr("README.md", text)
        for file in files:
            archive.write(file.path, file.name)


def missing_formats(files: Iterable[VersionFile]) -> list[VersionFileKind]:
    """The formats in which a version cannot leave yet; none where nothing is there to write them from."""
    kinds = {file.kind for file in files}
    if not kinds & {VersionFileKind.KERAS, VersionFileKind.IMPORTED}:
        return []
    formats = (VersionFileKind.KERAS_MODEL, VersionFileKind.LITERT, VersionFileKind.ONNX)
    return [kind for kind in formats if kind not in kinds]


def format_title(kind: VersionFileKind) -> str:
    """The name of a format that other programs can run."""
    return _TITLES[kind]


def check_can_be_completed(version: ClassifierVersion, files: Iterable[VersionFile]) -> None:
    """Raise InputError version_complete where no further format can be made."""
    if not missing_formats(files):
        raise InputError("version_complete", f"{version.name} has all its formats.")


def _sources(card: Mapping[str, Any], names: Mapping[VersionFileKind, str]) -> list[str]:
    origin, name = card.get("origin"), names.get(VersionFileKind.IMPORTED)
    if not isinstance(origin, dict) or name is None:
        return []
    return [f"It was made of {origin['file']} (SHA-256 {origin['sha256']}), which is `{name}` in this zip."]


def _code(text: str) -> str:
    return f"```python\n{text}```"

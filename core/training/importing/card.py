"""The card of an imported version: how prediction uses it, and where it came from."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.detection.card import Runtime
from core.errors import InputError, PermanentError
from core.training.importing.folder import CheckResult
from core.training.importing.options import ImportVersionOptions


def imported_card(
    options: ImportVersionOptions,
    result: CheckResult,
    *,
    classifier: Path,
    origin: dict[str, Any],
) -> dict[str, Any]:
    """The content of `card.json`; `origin` says which file it came from."""
    size: dict[str, Any] = {"side": result.side, "context": options.context, "down": options.down}
    return {
        "name": options.name,
        "summary": f"Imported from {origin['file']} ({result.words}).",
        "labels": [label.value for label in options.predicted],
        "classifier": _entry(classifier),
        "runtime": result.runtime.value,
        "input": {**size, "colours": "RGB", "range": [0, 255], "batch": result.batch},
        "temperature": 1.0,
        "parameters": result.parameters,
        "export": {
            "kind": "onnx" if result.runtime is Runtime.ONNX else "float32",
            "difference": result.difference,
        },
        "origin": {
            "kind": "imported",
            **origin,
            "format": result.words,
            "outputs": [label.value for label in options.labels],
            "gives": "probabilities" if result.probabilities else "logits",
            "colours": options.colours.value,
            "scaling": options.scaling.value,
        },
    }


def options_of(card: Mapping[str, Any]) -> ImportVersionOptions:
    """What the person said of the file; raises PermanentError card_unreadable."""
    try:
        size, origin = card["input"], card["origin"]
        return ImportVersionOptions(
            # The file is among those of the version now.
            upload_id=1,
            labels=tuple(origin["outputs"]),
            side=size["side"],
            colours=origin["colours"],
            scaling=origin["scaling"],
            context=size["context"],
            down=size["down"],
        )
    except (KeyError, TypeError, InputError) as error:
        raise PermanentError("card_unreadable", "The card does not say how the file is used.") from error


def _entry(path: Path) -> dict[str, str]:
    return {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}

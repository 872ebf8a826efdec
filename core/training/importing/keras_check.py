"""What a `.keras` file may hold, checked without Keras: its members, its layers, and its arrays.

A `.keras` file is a zip of `config.json`, `metadata.json` and `model.weights.h5`. Keras builds whatever class
the configuration names, so only named layers of Keras itself are let through to it.
"""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py

from core.number_text import size
from core.training.importing.keras_classes import is_allowed, is_plain
from core.training.importing.limits import MOST_BYTES, MOST_CONFIG, MOST_DEPTH, MOST_LAYERS, refuse

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
_MEMBERS = frozenset((CONFIG, "metadata.json", WEIGHTS))
_BLOCK = 1 << 20
_MOST_OBJECTS = 50_000


def unpack_keras(file: Path, weights: Path) -> dict[str, Any]:
    """Check a file, write its arrays to `weights`, and return its configuration for Keras.

    Raises InputError with one of the codes of `docs/models.md`.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            _check_members(archive)
            config = _read_config(archive)
            _write_member(archive, WEIGHTS, weights, most=MOST_BYTES)
    except (zipfile.BadZipFile, EOFError, KeyError, NotImplementedError, RuntimeError, OSError) as error:
        raise refuse("model_unreadable", "The file is no .keras file, as Keras 3 saves it.") from error
    check_weights(weights)
    return config


def _check_members(archive: zipfile.ZipFile) -> None:
    names = [each.filename for each in archive.infolist()]
    foreign = sorted(set(names) - _MEMBERS)
    if foreign:
        raise refuse("model_members", f"The file holds {foreign[0][:80]!r}, which no network needs.")
    if len(names) > len(set(names)) or not {CONFIG, WEIGHTS} <= set(names):
        raise refuse("model_members", "The file must hold config.json and model.weights.h5 once each.")


def _read_config(archive: zipfile.ZipFile) -> dict[str, Any]:
    with archive.open(CONFIG) as member:
        text = member.read(MOST_CONFIG + 1)
    if len(text) > MOST_CONFIG:
        raise refuse("model_too_large", f"config.json has more than {size(MOST_CONFIG)}.")
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refuse("model_unreadable", "config.json is no JSON.") from error
    if not isinstance(config, dict) or config.get("class_name") not in ("Functional", "Sequential"):
        raise refuse("model_layer", "The file is no functional and no sequential network.")
    checked: dict[str, Any] = check_config(config)
    return checked


def check_config(config: Any) -> Any:
    """The configuration without what only training needs; raises InputError model_layer, model_too_large."""
    layers = 0

    def check(value: Any, depth: int) -> Any:
        nonlocal layers
        if depth > MOST_DEPTH:
            raise refuse("model_too_large", "config.json nests too deep.")
        if isinstance(value, list):
            return [check(each, depth + 1) for each in value]
        if not isinstance(value, dict):
            return value
        # How it was trained: an optimizer, a loss and metrics, of which nothing is needed.
        kept = {key: each for key, each in value.items() if key != "compile_config"}
        if "class_name" in kept:
            _check_class(kept)
            layers += not is_plain(kept)
        elif "module" in kept or "registered_name" in kept:
            raise refuse("model_layer", "config.json names a module without a class.")
        if layers > 20 * MOST_LAYERS:
            raise refuse("model_too_large", f"The network has more than {MOST_LAYERS:,} layers.")
        return {key: check(each, depth + 1) for key, each in kept.items()}

    return check(config, 0)


def _check_class(value: dict[str, Any]) -> None:
    name, module = value["class_name"], value.get("module")
    if not is_allowed(name, module, value.get("registered_name")):
        place = f"{module}." if isinstance(module, str) else ""
        raise refuse("model_layer", f"The layer {f'{place}{name}'[:120]!r} is not taken.")


def _write_member(archive: zipfile.ZipFile, name: str, out: Path, *, most: int) -> None:
    written = 0
    with archive.open(name) as member, out.open("wb") as file:
        while block := member.read(_BLOCK):
            written += len(block)
            if written > most:
                raise refuse("model_too_large", f"{name} has more than {size(most)}.")
            file.write(block)


def check_weights(file: Path) -> None:
    """Check that an HDF5 file holds arrays of numbers and nothing that lies elsewhere.

    Raises InputError model_unreadable, model_external_data, model_weights, model_too_large.
    """
    try:
        with h5py.File(file, "r") as stored:
            total = 0
            for number, dataset in enumerate(_datasets(stored)):
                total += dataset.size * dataset.dtype.itemsize
                if total > MOST_BYTES or number > _MOST_OBJECTS:
                    raise refuse("model_too_large", f"The arrays have more than {size(MOST_BYTES)}.")
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise refuse("model_unreadable", "model.weights.h5 is no HDF5 file.") from error


def _datasets(group: h5py.Group, depth: int = 0) -> Iterator[h5py.Dataset]:
    if depth > MOST_DEPTH:
        raise refuse("model_too_large", "The groups of model.weights.h5 nest too deep.")
    for name in group:
        if type(group.get(name, getlink=True)) is not h5py.HardLink:
            raise refuse("model_external_data", f"{name[:80]!r} in model.weights.h5 is a link.")
        child = group[name]
        if isinstance(child, h5py.Group):
            yield from _datasets(child, depth + 1)
        elif isinstance(child, h5py.Dataset):
            _check_dataset(child)
            yield child
        else:
            raise refuse("model_weights", f"{name[:80]!r} in model.weights.h5 is no array.")


def _check_dataset(dataset: h5py.Dataset) -> None:
    if dataset.is_virtual or dataset.external:
        raise refuse("model_external_data", f"The array {dataset.name[:80]!r} lies in another file.")
    # Objects, references, text of any length: what could be something else than numbers.
    if dataset.dtype.kind not in "fiub" or dataset.shape is None:
        raise refuse("model_weights", f"The array {dataset.name[:80]!r} holds no numbers.")

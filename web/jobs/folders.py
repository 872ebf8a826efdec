"""Browse the folders of the server below the allowed roots."""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from core.library.files.descriptors import opened_folder
from core.library.files.folder import check_root
from core.library.files.skipping import skip_of_file, skip_of_folder
from core.number_text import number
from web.extension import settings

folders = Blueprint("folders", __name__)

#: Entries read of one folder, which may hold millions.
_MOST_ENTRIES = 5_000
_SHOWN = 500


@folders.get("/folders")
def list_folders() -> ResponseReturnValue:
    """Sub-folders of `path`; without one the allowed roots."""
    path = request.args.get("path", "").strip()
    roots = settings().roots
    if not path and len(roots) != 1:
        return jsonify(path="", parent=None, folders=[_entry(root, str(root)) for root in roots], photos="0")
    return jsonify(_read_folder(check_root(Path(path) if path else roots[0], roots), roots))


def _read_folder(folder: Path, roots: Sequence[Path]) -> dict[str, Any]:
    """The sub-folders of a folder and its number of photos, among its first entries."""
    inner, photos, looked = [], 0, 0
    with opened_folder(os.fsencode(folder)) as descriptor, os.scandir(descriptor) as entries:
        for entry in itertools.islice(entries, _MOST_ENTRIES):
            looked += 1
            raw = os.fsencode(entry.name)
            if _is_folder(folder, entry, roots):
                if skip_of_folder(raw) is None and _is_text(entry.name):
                    inner.append(entry.name)
            elif skip_of_file(raw) is None:
                photos += 1
    return {
        "path": str(folder),
        "parent": _parent(folder, roots),
        "folders": [_entry(folder / name, name) for name in sorted(inner, key=str.casefold)[:_SHOWN]],
        "photos": number(photos) + ("+" if looked == _MOST_ENTRIES else ""),
    }


def _entry(path: Path, name: str) -> dict[str, str]:
    return {"path": str(path), "name": name}


def _parent(folder: Path, roots: Sequence[Path]) -> str | None:
    """Where "up" leads: empty for the list of roots, None at the only root."""
    if any(folder == root for root in roots):
        return "" if len(roots) > 1 else None
    return str(folder.parent)


def _is_folder(folder: Path, entry: os.DirEntry[str], roots: Sequence[Path]) -> bool:
    """Whether it is a folder, or a link to a folder that may be read."""
    try:
        if not entry.is_dir():
            return False
        real = (folder / entry.name).resolve() if entry.is_symlink() else None
    except OSError:
        return False
    return real is None or any(real.is_relative_to(root) for root in roots)


def _is_text(name: str) -> bool:
    """Whether a form can send the name back, which it cannot if it is not UTF-8."""
    return name.isprintable() and not any("\ud800" <= character <= "\udfff" for character in name)

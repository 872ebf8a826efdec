"""Read the samples of WebDataset: `.cls` and `.json` files with the name of a photo, in a tar or unpacked."""

import json
from collections.abc import Iterator
from dataclasses import replace

from core.datasets.importing.formats.fields import mapping, text
from core.datasets.importing.formats.image_folder import record_of_fields
from core.datasets.importing.formats.record import Problem, Problems, SetRecord, split_of_folders
from core.datasets.importing.formats.set_files import SetFiles
from core.errors import InputError
from core.labels.text_encoding import decode_text

_FIELDS = ("objects", "annotations", "bbox", "label", "labels", "class", "category")


def sample_key(path: bytes) -> bytes:
    """The path of a sample without its extensions: up to the first dot of the name, as its readers do."""
    folder, slash, name = path.rpartition(b"/")
    return folder + slash + name.partition(b".")[0]


def looks_like_sample(head: bytes) -> bool:
    """Whether a JSON file is that of one photo: an object that says a label or boxes."""
    try:
        said = json.loads(head)
    except (ValueError, RecursionError):
        return False
    return any(name in mapping(said) for name in _FIELDS)


class Samples:
    """The samples of a set: each photo may have a `.cls` and a `.json`."""

    def __init__(self, files: SetFiles, problems: Problems) -> None:
        self._files, self._problems = files, problems
        self._parts: dict[bytes, list[bytes]] = {}
        for path in files.ending(b".cls", b".json"):
            self._parts.setdefault(sample_key(path), []).append(path)

    def paths(self) -> Iterator[bytes]:
        """One path a sample, with the extension of an annotation."""
        return (key + b".json" for key in self._parts)

    def read(self, path: bytes) -> SetRecord:
        """What the files of one sample say. Raises InputError bad_annotation, or why one cannot be read."""
        fields: dict[str, object] = {}
        for part in self._parts[path.removesuffix(b".json")]:
            data = self._files.read(part)
            if part.lower().endswith(b".cls"):
                fields.setdefault("label", text(decode_text(data)))
                continue
            try:
                fields |= mapping(json.loads(data))
            except (ValueError, RecursionError) as error:
                raise InputError("bad_annotation", "The .json of its sample is not JSON.") from error
        if not any(name in fields for name in _FIELDS):
            self._problems.add(Problem.RECORD_BAD, path, "neither a label nor boxes")
            raise InputError("label_unknown", "Its sample has neither a label nor boxes.")
        made = record_of_fields(fields, photo=path, source=path, problems=self._problems)
        return replace(made, split=made.split or split_of_folders(path))

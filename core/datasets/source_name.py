"""The name under which the faces of one source are measured together."""

from core.labels.label_words import read_label
from models import SourceKind

#: Folders that tell the kind of file, not where it came from.
_LAYOUT_WORDS = frozenset({"images", "jpegimages", "train", "val", "valid", "test"})
_PARTS = 2


def source_name(kind: SourceKind, name: str) -> str:
    """The last two folders of a place, those aside that are named by a label: `crops/web`; else the kind."""
    parts = [part for part in name.split("/")[:-1] if part]
    while parts and (read_label(parts[-1]) or parts[-1].lower() in _LAYOUT_WORDS):
        parts.pop()
    return "/".join(parts[-_PARTS:]) or kind.value

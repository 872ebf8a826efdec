"""Show a photo's name as text: any raw name, without line breaks or control characters."""

import os
import unicodedata

#: Categories that break a line, hide text or turn its direction: control, format, line and paragraph ends.
_HIDDEN = frozenset(("Cc", "Cf", "Zl", "Zp", "Co", "Cn"))
#: Joiners that scripts need inside words and emoji.
_NEEDED = frozenset("\u200c\u200d\ufe0f")


def display_name(raw: bytes) -> str:
    """Text for people: bytes that are not UTF-8 appear as `\\xNN`, hidden characters as `\\n` or `\\uNNNN`.

    Not reversible; the raw bytes are what opens the file.
    """
    return "".join(_visible(character) for character in raw.decode("utf-8", "backslashreplace"))


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN or character in _NEEDED:
        return character
    return character.encode("unicode_escape").decode("ascii")


def raw_name(path: str | os.PathLike[str]) -> bytes:
    """The bytes the file system holds for a name that Python gave as text."""
    return os.fsencode(path)

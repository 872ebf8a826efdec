"""Names for photos inside a zip that every system can unpack, each used once."""

import re

#: Not allowed in a file name on Windows, the separators of paths elsewhere, and what a terminal obeys.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\\\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
#: Bytes of one part of a path, with room for the extension and a number.
_LONGEST_PART = 200
_JPEG = re.compile(r"\.jpe?g$", re.IGNORECASE)


class ArchiveNames:
    """Gives names out; remembers them all, as the zip's own directory does."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def take(self, name: str, position: int) -> str:
        """The name for a photo that is stored as JPEG; the position tells apart those that clash.

        Folders are kept. What compares equal without case clashes, for some systems see no case.
        """
        safe = safe_name(name) or "photo"
        wanted = safe if _JPEG.search(safe) else f"{safe}.jpg"
        if wanted.casefold() in self._used:
            stem, dot, extension = wanted.rpartition(".")
            wanted = f"{stem} ({position}){dot}{extension}"
        while wanted.casefold() in self._used:
            wanted = f"_{wanted}"
        self._used.add(wanted.casefold())
        return wanted


def safe_name(name: str) -> str:
    """A relative path without `..`, drive, device, control character or part too long."""
    parts = (_safe_part(part) for part in name.split("/") if part not in ("", "."))
    return "/".join(parts)


def _safe_part(part: str) -> str:
    part = _FORBIDDEN.sub("_", part)
    # Windows drops trailing dots and spaces, which would also turn ".. " into "..".
    part = re.sub(r"[. ]+$", lambda dots: "_" * len(dots.group()), part)
    if _DEVICES.fullmatch(part):
        part = f"_{part}"
    return _shortened(part)


def _shortened(part: str) -> str:
    """Cut the middle of a long name, keeping its end, where the extension stands."""
    if len(part.encode("utf-8")) <= _LONGEST_PART:
        return part
    end = part[-16:]
    room = _LONGEST_PART - len(end.encode("utf-8")) - 1
    return part.encode("utf-8")[:room].decode("utf-8", "ignore") + "_" + end

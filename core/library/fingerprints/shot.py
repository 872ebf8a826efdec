"""Time and camera of a shot, as plain values that any process may hold."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Shot:
    """Time and camera of a photo; construct it without arguments for a file that names neither."""

    #: ISO time of the camera's clock, without zone, with a fraction of a second if present.
    taken_at: str | None = None
    #: Minutes by which that clock is ahead of UTC; None if the file does not say.
    taken_offset: int | None = None
    #: Make and model, "" if the file names no camera.
    camera: str = ""

    def to_columns(self) -> dict[str, Any]:
        """The columns of `Photo`."""
        return {"taken_at": self.taken_at, "taken_offset": self.taken_offset, "camera": self.camera}

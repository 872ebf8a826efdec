"""Counts that a walk over a folder or an archive keeps as it goes."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class WalkTally:
    """Read it when the walk has ended; until then it says how far the walk has come."""

    photos: int = 0
    errors: int = 0
    #: Files whose name does not end as a picture's does.
    other_files: int = 0
    #: Names that begin with a dot, and what macOS adds to archives.
    hidden: int = 0
    folders: int = 0

    def count(self, error: str | None) -> None:
        """Count one entry by its error code, None for a good one."""
        if error is None:
            self.photos += 1
        else:
            self.errors += 1

"""Many ids in as many queries as the database takes them in."""

from collections.abc import Collection, Iterator, Sequence

#: Values in one query; SQLite takes 32,766 at most.
AT_ONCE = 5_000


def in_slices(ids: Collection[int]) -> Iterator[Sequence[int]]:
    """Ids in slices that one query takes."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]

"""Join things by pairs: who is connected with whom, directly or through others."""

from collections import defaultdict


class Joining:
    """Disjoint sets of the numbers 0 to n - 1."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def join(self, one: int, other: int) -> None:
        """Put the two, and all that they are connected with, together."""
        first, second = sorted((self._root(one), self._root(other)))
        self._parents[second] = first

    def sets(self) -> list[list[int]]:
        """Every set, its members in order, by its smallest member."""
        found: dict[int, list[int]] = defaultdict(list)
        for member in range(len(self._parents)):
            found[self._root(member)].append(member)
        return list(found.values())

    def _root(self, member: int) -> int:
        while self._parents[member] != member:
            self._parents[member] = self._parents[self._parents[member]]
            member = self._parents[member]
        return member

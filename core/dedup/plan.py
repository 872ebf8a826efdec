"""What becomes of the groups when new photos came: decided from rows that were read, without a session."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from core.dedup.grouping import Apart, Candidate, Grouping, Match, Similar, group_anew, group_around


@dataclass(frozen=True, kw_only=True)
class StandingGroup:
    """A group as it stands."""

    group_id: int
    kept_id: int
    #: True where a person accepted it or chose the kept photo: then photos may only join it.
    settled: bool
    #: Ids of all its photos, the kept one's too.
    photo_ids: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """All that the photos which hang together have to do with: `candidates` and `groups` by id."""

    candidates: dict[int, Candidate]
    groups: dict[int, StandingGroup]
    not_same: Apart
    similar: Similar = field(default_factory=dict)

    @cached_property
    def group_of(self) -> dict[int, StandingGroup]:
        """The group of each photo that is in one."""
        return {photo_id: group for group in self.groups.values() for photo_id in group.photo_ids}

    def groups_of(self, photo_ids: Iterable[int]) -> list[StandingGroup]:
        """Groups that hold one of these photos, by rising id."""
        found = {self.group_of[photo_id].group_id for photo_id in photo_ids if photo_id in self.group_of}
        return [self.groups[group_id] for group_id in sorted(found)]

    def whole(self, clusters: Iterable[Collection[int]]) -> list[set[int]]:
        """Clusters with the open groups that they reach into; what shares such a group is one cluster."""
        still_open = (group.photo_ids for group in self.groups.values() if not group.settled)
        return join_overlapping([*clusters, *still_open])


@dataclass(frozen=True, kw_only=True)
class Joining:
    """Photos that join a settled group."""

    group_id: int
    matches: tuple[Match, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The changes for photos that hang together."""

    joinings: tuple[Joining, ...]
    #: Each with the id of the open group that it continues, None where it is new.
    groupings: tuple[tuple[int | None, Grouping], ...]
    #: Open groups whose photos are all in other groups now.
    dissolved: tuple[int, ...]

    @property
    def grouped(self) -> set[int]:
        """Photos that are in a group now or go on to be."""
        found = {match.photo_id for joining in self.joinings for match in joining.matches}
        for _, grouping in self.groupings:
            found |= {grouping.kept_id, *(match.photo_id for match in grouping.matches)}
        return found


def join_overlapping(sets: Iterable[Collection[int]]) -> list[set[int]]:
    """Sets of ids, made one where they share an id."""
    home: dict[int, set[int]] = {}
    for ids in sets:
        touched = {id(home[one]): home[one] for one in ids if one in home}
        base = max(touched.values(), key=len, default=set[int]())
        for added in (ids, *(other for other in touched.values() if other is not base)):
            base.update(added)
            home.update(dict.fromkeys(added, base))
    return list({id(joined): joined for joined in home.values()}.values())


def plan_cluster(cluster: set[int], new: set[int], around: Surroundings, *, distance: int) -> Plan:
    """Let new photos join settled groups, then group anew what is in none.

    The cluster holds all photos of the open groups that it reaches into.
    """
    groups = around.groups_of(cluster)
    taken = {photo_id for group in groups if group.settled for photo_id in group.photo_ids}
    joinings = []
    for group in groups:
        if group.settled and group.kept_id in cluster:
            joining = _join(group, sorted((cluster & new) - taken), around, distance)
            taken |= {match.photo_id for match in joining.matches}
            joinings.append(joining)
    still_open = [group for group in groups if not group.settled]
    candidates = [around.candidates[photo_id] for photo_id in cluster - taken]
    found = group_anew(candidates, distance=distance, not_same=around.not_same, similar=around.similar)
    groupings = tuple(_continued(found, still_open))
    continued = {group_id for group_id, _ in groupings}
    return Plan(
        joinings=tuple(joining for joining in joinings if joining.matches),
        groupings=groupings,
        dissolved=tuple(group.group_id for group in still_open if group.group_id not in continued),
    )


def _join(group: StandingGroup, new: list[int], around: Surroundings, distance: int) -> Joining:
    matches = group_around(
        around.candidates[group.kept_id],
        group.photo_ids,
        [around.candidates[photo_id] for photo_id in new],
        distance=distance,
        not_same=around.not_same,
        similar=around.similar,
    )
    return Joining(group_id=group.group_id, matches=tuple(matches))


def _continued(
    groupings: list[Grouping], still_open: list[StandingGroup]
) -> Iterable[tuple[int | None, Grouping]]:
    """Each with the open group whose kept photo it holds, so that the group keeps its address."""
    group_of = {group.kept_id: group.group_id for group in still_open}
    for grouping in groupings:
        photo_ids = (grouping.kept_id, *(match.photo_id for match in grouping.matches))
        yield next((group_of.pop(photo_id) for photo_id in photo_ids if photo_id in group_of), None), grouping

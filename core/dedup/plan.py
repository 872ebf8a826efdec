"""Plan how groups change when new photos arrive, from rows already read, without a session."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from core.dedup.grouping import Apart, Candidate, Grouping, Match, Similar, group_anew, group_around


@dataclass(frozen=True, kw_only=True)
class ExistingGroup:
    """A group as it is in the database."""

    group_id: int
    kept_id: int
    #: True if a person accepted the group or chose the kept photo; photos may then only join it.
    settled: bool
    #: Ids of all its photos, including the kept one.
    photo_ids: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """All rows that matter for a set of photos: `candidates` by photo id and `groups` by group id."""

    candidates: dict[int, Candidate]
    groups: dict[int, ExistingGroup]
    not_same: Apart
    similar: Similar = field(default_factory=dict)

    @cached_property
    def group_of(self) -> dict[int, ExistingGroup]:
        """The group of each grouped photo."""
        return {photo_id: group for group in self.groups.values() for photo_id in group.photo_ids}

    def groups_of(self, photo_ids: Iterable[int]) -> list[ExistingGroup]:
        """Groups that contain one of these photos, ordered by id."""
        found = {self.group_of[photo_id].group_id for photo_id in photo_ids if photo_id in self.group_of}
        return [self.groups[group_id] for group_id in sorted(found)]

    def with_open_groups(self, clusters: Iterable[Collection[int]]) -> list[set[int]]:
        """Clusters extended by the open groups they share a photo with; overlapping clusters are joined."""
        still_open = (group.photo_ids for group in self.groups.values() if not group.settled)
        return join_overlapping([*clusters, *still_open])


@dataclass(frozen=True, kw_only=True)
class Joining:
    """Photos that join a settled group."""

    group_id: int
    matches: tuple[Match, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The changes for one cluster of photos."""

    joinings: tuple[Joining, ...]
    #: Each with the id of the open group that it replaces, None for a new group.
    groupings: tuple[tuple[int | None, Grouping], ...]
    #: Ids of open groups that no longer exist.
    dissolved: tuple[int, ...]

    @property
    def grouped(self) -> set[int]:
        """Photos that are in a group after the change."""
        found = {match.photo_id for joining in self.joinings for match in joining.matches}
        for _, grouping in self.groupings:
            found |= {grouping.kept_id, *(match.photo_id for match in grouping.matches)}
        return found


def join_overlapping(sets: Iterable[Collection[int]]) -> list[set[int]]:
    """Join sets that share an id."""
    home: dict[int, set[int]] = {}
    for ids in sets:
        touched = {id(home[one]): home[one] for one in ids if one in home}
        base = max(touched.values(), key=len, default=set[int]())
        for added in (ids, *(other for other in touched.values() if other is not base)):
            base.update(added)
            home.update(dict.fromkeys(added, base))
    return list({id(joined): joined for joined in home.values()}.values())


def plan_cluster(cluster: set[int], new: set[int], around: Surroundings, *, distance: int) -> Plan:
    """Let new photos join settled groups, then regroup all photos that are not in a settled group.

    The cluster must contain all photos of each open group that it shares a photo with.
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


def _join(group: ExistingGroup, new: list[int], around: Surroundings, distance: int) -> Joining:
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
    groupings: list[Grouping], still_open: list[ExistingGroup]
) -> Iterable[tuple[int | None, Grouping]]:
    """Each grouping with the open group whose kept photo it contains, so that the group keeps its id."""
    group_of = {group.kept_id: group.group_id for group in still_open}
    for grouping in groupings:
        photo_ids = (grouping.kept_id, *(match.photo_id for match in grouping.matches))
        yield next((group_of.pop(photo_id) for photo_id in photo_ids if photo_id in group_of), None), grouping

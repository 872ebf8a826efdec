"""Write the results of a duplicate job: groups, similar pairs, embeddings, progress."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, case, delete, func, insert, select, text, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.database import in_slices, insert_new, read_clock
from core.dedup.grouping import Grouping, Match
from core.dedup.groups.queries import count_groups
from core.dedup.plan import Joining, Plan, join_overlapping, plan_cluster
from core.dedup.queries import read_surroundings
from core.dedup.similar import SimilarPair
from core.jobs.store import add_event
from core.library.fingerprints.photo_hashes import Embedding
from models import (
    DuplicateGroup,
    DuplicateMember,
    DuplicateState,
    EventLevel,
    Job,
    Likeness,
    Photo,
    PhotoEmbedding,
    SimilarPhotos,
)

#: Key of the PostgreSQL advisory lock of all writers of groups.
_LOCK = 7_364_211


def group_new(
    session: Session,
    clusters: Sequence[Collection[int]],
    new_ids: Collection[int],
    *,
    distance: int,
    job_id: int,
) -> int:
    """Group new photos with those near them and mark them as compared; returns the number of new photos.

    `clusters` are ids of connected photos. Photos that another job has compared in the meantime are skipped.
    """
    lock_groups(session)
    new = _still_new(session, new_ids)
    with_new = [cluster for cluster in clusters if not new.isdisjoint(cluster)]
    _regroup(session, with_new, new, distance=distance, job_id=job_id)
    now = read_clock(session)
    for some in in_slices(new):
        session.execute(update(Photo).where(Photo.id.in_(some)).values(compared_at=now))
    return len(new)


def group_similar(
    session: Session,
    pairs: Sequence[SimilarPair],
    new_ids: Collection[int],
    *,
    distance: int,
    job_id: int,
) -> None:
    """Group photos that were found similar and mark the new ones as compared.

    Photos that are already in a group stay in it or move with its kept photo; the others may join.
    """
    lock_groups(session)
    photo_ids = {photo_id for pair in pairs for photo_id in (pair.first_id, pair.second_id)}
    existing = _ids_in(session, select(Photo.id), Photo.id, photo_ids)
    found = [pair for pair in pairs if pair.first_id in existing and pair.second_id in existing]
    save_similar(session, found)
    clusters = join_overlapping((pair.first_id, pair.second_id) for pair in found)
    grouped = _ids_in(session, select(DuplicateMember.photo_id), DuplicateMember.photo_id, existing)
    _regroup(session, clusters, existing - grouped, distance=distance, job_id=job_id)
    mark_compared(session, new_ids)


def _regroup(
    session: Session, clusters: Sequence[Collection[int]], new: set[int], *, distance: int, job_id: int
) -> None:
    around = read_surroundings(session, {photo_id for cluster in clusters for photo_id in cluster})
    plans = [
        plan_cluster(cluster & around.candidates.keys(), new, around, distance=distance)
        for cluster in around.with_open_groups(clusters)
    ]
    _apply(session, plans, job_id)
    before = {i for group in around.groups.values() if not group.settled for i in group.photo_ids}
    mark_uncompared(session, before - {i for plan in plans for i in plan.grouped})


def _still_new(session: Session, photo_ids: Collection[int]) -> set[int]:
    return _ids_in(session, select(Photo.id).where(Photo.compared_at.is_(None)), Photo.id, photo_ids)


def _ids_in(
    session: Session, query: Select[int], column: InstrumentedAttribute[int], photo_ids: Collection[int]
) -> set[int]:
    """Ids that the query returns, restricted to these photos."""
    return {i for some in in_slices(photo_ids) for i in session.scalars(query.where(column.in_(some)))}


def _apply(session: Session, plans: Sequence[Plan], job_id: int) -> None:
    """Delete, add, change and extend groups, in bulk."""
    changed = {group_id: g for plan in plans for group_id, g in plan.groupings if group_id is not None}
    added = [g for plan in plans for group_id, g in plan.groupings if group_id is None]
    dissolved = [group_id for plan in plans for group_id in plan.dissolved]
    for some in in_slices({*dissolved, *changed}):
        session.execute(delete(DuplicateMember).where(DuplicateMember.group_id.in_(some)))
    for some in in_slices(dissolved):
        session.execute(delete(DuplicateGroup).where(DuplicateGroup.id.in_(some)))
    _change(session, changed)
    changed |= dict(zip(_add(session, added, job_id), added, strict=True))
    rows = [row for group_id, grouping in changed.items() for row in _member_rows(group_id, grouping)]
    joinings = [joining for plan in plans for joining in plan.joinings]
    rows += [{"group_id": j.group_id, **match.columns()} for j in joinings for match in j.matches]
    if rows:
        session.execute(insert(DuplicateMember), rows)
    _reopen(session, joinings)


def _add(session: Session, groupings: Sequence[Grouping], job_id: int) -> Sequence[int]:
    """Insert groups; returns their ids in order."""
    if not groupings:
        return []
    now = read_clock(session)
    rows = [
        {"state": DuplicateState.OPEN, "job_id": job_id, "created_at": now, **_group_row(grouping)}
        for grouping in groupings
    ]
    adding = insert(DuplicateGroup).returning(DuplicateGroup.id, sort_by_parameter_order=True)
    return session.scalars(adding, rows).all()


def _change(session: Session, groupings: dict[int, Grouping]) -> None:
    rows = [{"id": group_id, **_group_row(grouping)} for group_id, grouping in groupings.items()]
    if rows:
        session.execute(update(DuplicateGroup), rows)


def _group_row(grouping: Grouping) -> dict[str, Any]:
    return {
        "kept_photo_id": grouping.kept_id,
        "photos": 1 + len(grouping.matches),
        "similarity": grouping.similarity,
    }


def _member_rows(group_id: int, grouping: Grouping) -> Iterable[dict[str, Any]]:
    kept = Match(photo_id=grouping.kept_id, likeness=Likeness.KEPT)
    return ({"group_id": group_id, **match.columns()} for match in (kept, *grouping.matches))


def _reopen(session: Session, joinings: Sequence[Joining]) -> None:
    """Open settled groups for review of the photos that joined; photos hidden before stay hidden."""
    for joining in joinings:
        group = session.get_one(DuplicateGroup, joining.group_id)
        undecided = [group.similarity] if group.state is DuplicateState.OPEN else []
        group.similarity = min([*undecided, *(match.similarity for match in joining.matches)])
        group.state = DuplicateState.OPEN
        group.photos += len(joining.matches)
    session.flush()


def lock_groups(session: Session) -> None:
    """Block other writers of groups until the transaction ends; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def save_similar(session: Session, pairs: Collection[SimilarPair]) -> None:
    """Insert pairs that are not known yet."""
    rows = [
        {"first_photo_id": pair.first_id, "second_photo_id": pair.second_id, "cosine": pair.cosine}
        for pair in pairs
    ]
    insert_new(session, SimilarPhotos, rows, ["first_photo_id", "second_photo_id"])


def save_embeddings(session: Session, network: str, found: Mapping[int, Embedding]) -> None:
    """Write embeddings by photo id; they replace those of another network."""
    for some in in_slices(found):
        others = delete(PhotoEmbedding).where(PhotoEmbedding.photo_id.in_(some))
        session.execute(others.where(PhotoEmbedding.network != network))
        still_there = session.scalars(select(Photo.id).where(Photo.id.in_(some)))
        rows = [{"photo_id": each, "network": network, **asdict(found[each])} for each in still_there]
        insert_new(session, PhotoEmbedding, rows, ["photo_id"])


def mark_compared(session: Session, photo_ids: Collection[int]) -> None:
    """Mark photos as compared with the whole library by their embeddings."""
    _set_compared(session, photo_ids, True)


def mark_uncompared(session: Session, photo_ids: Collection[int]) -> None:
    """Let the next job compare the embeddings of photos that have left a group."""
    _set_compared(session, photo_ids, False)


def _set_compared(session: Session, photo_ids: Collection[int], compared: bool) -> None:
    at = read_clock(session) if compared else None
    for some in in_slices(photo_ids):
        query = update(PhotoEmbedding).where(PhotoEmbedding.photo_id.in_(some))
        session.execute(query.values(compared_at=at).execution_options(synchronize_session=False))


def begin_steps(session: Session, job_id: int, *, to_embed: int) -> None:
    """Set the total of the job's progress, once the photos to hash are listed.

    `to_embed` is the number of photos to compare by embeddings.
    """
    waiting = select(func.count()).select_from(Photo).where(Photo.compared_at.is_(None))
    steps = Job.photos_found + session.scalars(waiting).one() + to_embed
    session.execute(update(Job).where(Job.id == job_id).values(steps_found=steps))


def count_steps(session: Session, job_id: int, steps: int) -> None:
    """Add finished steps, up to the total: a retry may do some of them again."""
    done = Job.steps_done + steps
    capped = case((done < Job.steps_found, done), else_=Job.steps_found)
    session.execute(update(Job).where(Job.id == job_id).values(steps_done=capped))


def end_steps(session: Session, job_id: int, *, compared: int) -> None:
    """Complete the progress, even if some photos could not be hashed, and log the result."""
    session.execute(update(Job).where(Job.id == job_id).values(steps_done=Job.steps_found))
    groups = count_groups(session, job_id)
    add_event(
        session,
        job_id,
        EventLevel.INFO,
        "duplicates_found",
        f"Compared {compared:,} new photos: {groups:,} new duplicate groups.",
    )

"""A selection as SQL: an index that lists candidates by photo id, and conditions that each must meet."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from core.labels.decisions import is_replaced
from core.library.selection.model import UNKNOWN, LabelFilter, LibrarySelection
from models import (
    DRAWN,
    ClassifierVersion,
    Decision,
    Extraction,
    Face,
    JobPhoto,
    Label,
    Photo,
    Prediction,
    Source,
    box_is_current,
)

#: A column of photo ids.
PhotoId = ColumnElement[int] | InstrumentedAttribute[int]
#: The first and the last photo id that a search may give; None means any.
Bounds = tuple[int | None, int | None]


@dataclass(frozen=True, kw_only=True)
class Arm:
    """Rows of one index, ordered by the photo id `key`."""

    key: InstrumentedAttribute[Any]
    where: tuple[ColumnElement[bool], ...] = ()

    def ids(self, *beyond: ColumnElement[bool]) -> Select[Any]:
        """Photo ids, each once."""
        query = select(self.key.label("id")).where(*self.where, *beyond)
        return query if self.key is Photo.id else query.group_by(self.key)


def select_ids(selection: LibrarySelection) -> Select[Any]:
    """Ids of all selected photos, each once, in no order."""
    arms, names = _arms(selection)
    candidates = union(*(arm.ids() for arm in arms)).subquery() if len(arms) > 1 else arms[0].ids().subquery()
    return select(candidates.c.id).where(*_rest(selection, names, candidates.c.id))


def select_window(
    selection: LibrarySelection,
    *,
    start: int | None,
    backward: bool,
    size: int,
    bounds: Bounds = (None, None),
) -> tuple[Select[Any], Select[Any]]:
    """The next `size` candidates after the photo id `start`, and those of them that are selected.

    Both give ids in the direction of the search: up, or down where it goes backward. No candidate is outside
    of `bounds`.
    """
    arms, names = _arms(selection)
    limited = [_in_order(arm, start, backward, size, bounds).subquery() for arm in arms]
    if len(limited) > 1:
        both = union(*(select(each.c.id) for each in limited)).subquery()
        limited = [select(both.c.id).order_by(_order(both.c.id, backward)).limit(size).subquery()]
    window = limited[0]
    chosen = select(window.c.id).where(*_rest(selection, names, window.c.id))
    return select(window.c.id), chosen.order_by(_order(window.c.id, backward))


def meets(selection: LibrarySelection, photo_id: PhotoId) -> tuple[ColumnElement[bool], ...]:
    """Conditions by which a photo of another query is selected."""
    given = (photo_id.in_(selection.photos),) if selection.photos else ()
    return (*given, *_rest(selection, frozenset(), photo_id))


def needs_windows(selection: LibrarySelection) -> bool:
    """Whether candidates must be checked one by one, since no index lists exactly the selected photos."""
    _, names = _arms(selection)
    return bool(_rest(selection, names, Photo.id))


def _in_order(arm: Arm, start: int | None, backward: bool, size: int, bounds: Bounds) -> Select[Any]:
    low, high = bounds
    beyond = [] if start is None else [arm.key < start if backward else arm.key > start]
    if low is not None:
        beyond.append(arm.key >= low)
    if high is not None:
        beyond.append(arm.key <= high)
    return arm.ids(*beyond).order_by(_order(arm.key, backward)).limit(size)


def _order(column: PhotoId, backward: bool) -> ColumnElement[int]:
    return column.desc() if backward else column.asc()


def _arms(selection: LibrarySelection) -> tuple[tuple[Arm, ...], frozenset[str]]:
    """The index that lists the candidates, and the names of the values that it covers already."""
    if selection.photos:
        return (Arm(key=Photo.id, where=(Photo.id.in_(selection.photos),)),), frozenset({"photos"})
    if selection.job is not None:
        of_job = (JobPhoto.job_id == selection.job, JobPhoto.photo_id.is_not(None))
        return (Arm(key=JobPhoto.photo_id, where=of_job),), frozenset({"job"})
    given = _source_conditions(selection, Source)
    if selection.host is not None:
        hosts = (Source.host == selection.host, Source.page_host == selection.host)
        return tuple(Arm(key=Source.photo_id, where=(host, *given)) for host in hosts), frozenset({"source"})
    if given:
        return (Arm(key=Source.photo_id, where=tuple(given)),), frozenset({"source"})
    return (Arm(key=Photo.id),), frozenset()


def _rest(
    selection: LibrarySelection, covered: frozenset[str], photo_id: PhotoId
) -> tuple[ColumnElement[bool], ...]:
    """Conditions on a candidate that its index does not cover."""
    found: list[ColumnElement[bool]] = []
    if "job" not in covered and selection.job is not None:
        found.append(exists().where(JobPhoto.photo_id == photo_id, JobPhoto.job_id == selection.job))
    if "source" not in covered:
        found += _has_source(selection, photo_id)
    if selection.since is not None or selection.until is not None:
        added = aliased(Photo)
        found.append(exists().where(added.id == photo_id, *added_within(selection, added)))
    if selection.name is not None:
        named = aliased(Source)
        text = selection.name
        matches = or_(
            named.name.icontains(text, autoescape=True), named.title.icontains(text, autoescape=True)
        )
        found.append(exists().where(named.photo_id == photo_id, matches))
    if selection.label is not None:
        found.append(_has_label(selection.label, photo_id))
    return tuple(found)


def _has_source(selection: LibrarySelection, photo_id: PhotoId) -> list[ColumnElement[bool]]:
    """A source that meets all conditions on sources, as the arms of the index ask for."""
    source = aliased(Source)
    given = _source_conditions(selection, source)
    if selection.host is not None:
        given.append(or_(source.host == selection.host, source.page_host == selection.host))
    return [exists().where(source.photo_id == photo_id, *given)] if given else []


def _source_conditions(selection: LibrarySelection, source: type[Source]) -> list[ColumnElement[bool]]:
    """Conditions on one source, without the host."""
    found: list[ColumnElement[bool]] = []
    if selection.licence == UNKNOWN:
        told = aliased(Source)
        licensed = exists().where(told.photo_id == source.photo_id, told.licence.is_not(None))
        found += [source.licence.is_(None), ~licensed]
    elif selection.licence is not None:
        found.append(source.licence == selection.licence)
    if selection.phrase is not None:
        found.append(source.phrase == selection.phrase)
    if selection.kind is not None:
        found.append(source.kind == selection.kind)
    return found


def added_within(selection: LibrarySelection, photo: type[Photo]) -> list[ColumnElement[bool]]:
    """The photo was added on one of the days of the selection."""
    found: list[ColumnElement[bool]] = []
    if selection.created_from is not None:
        found.append(photo.created_at >= selection.created_from)
    if selection.created_before is not None:
        found.append(photo.created_at < selection.created_before)
    return found


def _has_label(label: LabelFilter, photo_id: PhotoId) -> ColumnElement[bool]:
    """The faces that the photo's page shows, by their current label: the decision, else the prediction."""
    searches = select(Extraction.detector_key).where(Extraction.photo_id == photo_id)
    latest = searches.order_by(Extraction.id.desc()).limit(1).scalar_subquery()
    is_shown = (
        Face.photo_id == photo_id,
        or_(Face.detector_key == DRAWN, Face.detector_key == latest),
        box_is_current(),
    )
    current = func.coalesce(_decided(), _predicted())
    shown = exists().where(*is_shown)
    if label is LabelFilter.NOT_LABELLED:
        return exists().where(*is_shown, current.is_(None))
    if label is LabelFilter.NOT_SEARCHED:
        return and_(~searches.exists(), ~shown)
    if label is LabelFilter.NO_FACE:
        a_face = or_(current.is_(None), current != Label.NOT_A_FACE)
        return and_(searches.exists(), ~exists().where(*is_shown, a_face))
    return exists().where(*is_shown, current == Label(label.value))


def _decided() -> ColumnElement[Any]:
    """The label of the decision that counts for `Face`, as `core.labels.decisions` defines it."""
    decision = aliased(Decision)
    answered = decision.label.is_not(None) | decision.cannot_tell
    query = select(decision.label).where(decision.face_id == Face.id, answered, ~is_replaced(decision))
    return query.order_by(decision.id.desc()).limit(1).correlate(Face).scalar_subquery()


def _predicted() -> ColumnElement[Any]:
    """The champion's label of `Face`."""
    champion = select(ClassifierVersion.id).where(ClassifierVersion.champion).scalar_subquery()
    query = select(Prediction.label).where(
        Prediction.face_id == Face.id, Prediction.classifier_version_id == champion
    )
    return query.correlate(Face).scalar_subquery()

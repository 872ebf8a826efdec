"""The library: the grid of all photos, and one photo with its sources, licence and faces."""

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.dedup.groups.queries import find_group
from core.errors import InputError
from core.jobs.queries import WITH_PHOTOS, get_job, list_jobs
from core.library.credits import places_of
from core.library.queries import read_faces
from core.library.selection.model import UNKNOWN, LabelFilter, LibrarySelection
from core.library.selection.queries import (
    LibraryPage,
    SelectedCount,
    count_selected,
    read_choices,
    read_library,
    read_library_around,
    search,
)
from core.results.pages.queries import read_sources
from models import Job, Label, Photo, Source, SourceKind
from web.extension import database
from web.library.chosen import read_filter
from web.navigation import opens
from web.numbers import query_number

library = Blueprint("library", __name__, url_prefix="/library")

#: The most hosts and phrases that the filter fields suggest.
_SUGGESTED = 200
#: How long a neighbour is searched for.
_NEIGHBOUR_SECONDS = 0.1
#: The newest jobs to choose from; older ones are linked from their own pages.
_JOBS = 50


@library.get("")
def home() -> ResponseReturnValue:
    """The grid; `before`, `after` and `around` are photo ids."""
    chosen = read_filter()
    with database().read() as rows:
        page = _page(rows, chosen)
        count = _count(rows, chosen, page)
        choices = {
            "licence": [*read_choices(rows, Source.licence), UNKNOWN],
            "host": read_choices(rows, Source.host, limit=_SUGGESTED),
            "phrase": read_choices(rows, Source.phrase, limit=_SUGGESTED),
        }
        jobs = _jobs(rows, chosen.job)
    return render_template(
        "library/home.html",
        page=page,
        count=count,
        chosen=chosen,
        choices=choices,
        jobs=jobs,
        kinds=list(SourceKind),
        labels=list(LabelFilter),
    )


@library.get("/photos/<int:photo_id>")
def photo_page(photo_id: int) -> ResponseReturnValue:
    """One photo at full size, with its neighbours under the filter. Raises InputError photo_not_found.

    Reviewers come from a queue: for them it stands alone.
    """
    chosen, in_library = read_filter(), opens("library.home")
    with database().read() as rows:
        photo = rows.get(Photo, photo_id)
        if photo is None:
            raise InputError("photo_not_found", f"There is no photo {photo_id}; it may have been removed.")
        sources = read_sources(rows, photo_id)
        faces = read_faces(rows, photo_id)
        group = find_group(rows, photo_id)
        older = _neighbour(rows, chosen, photo_id, backward=True) if in_library else None
        newer = _neighbour(rows, chosen, photo_id, backward=False) if in_library else None
    return render_template(
        "library/photo.html",
        photo=photo,
        places=places_of(sources),
        faces=[face for face in faces if face.current_label is not Label.NOT_A_FACE],
        false_alarms=sum(face.current_label is Label.NOT_A_FACE for face in faces),
        group=group,
        chosen=chosen,
        back=_back(chosen, photo_id) if in_library else url_for("review.home"),
        in_library=in_library,
        newer=newer,
        older=older,
    )


def _page(rows: Session, chosen: LibrarySelection) -> LibraryPage:
    before, after, around = (query_number(name) for name in ("before", "after", "around"))
    if around is not None:
        return read_library_around(rows, chosen, around)
    return read_library(rows, chosen, before=before, after=after)


def _count(rows: Session, chosen: LibrarySelection, page: LibraryPage) -> SelectedCount:
    """How many photos match; a page that is the only one has them all."""
    if page.newer is None and page.older is None:
        return SelectedCount(photos=len(page.photos), at_least=False)
    return count_selected(rows, chosen)


def _back(chosen: LibrarySelection, photo_id: int) -> str:
    """The grid around this photo, where the script knows no page that showed it."""
    query: dict[str, Any] = {**chosen.query, "around": photo_id}
    return url_for("library.home", _anchor=f"photo-{photo_id}", **query)


def _jobs(rows: Session, chosen: int | None) -> list[Job]:
    """Jobs that have photos, the newest first, with the chosen one."""
    jobs = list_jobs(rows, WITH_PHOTOS, limit=_JOBS)
    given = get_job(rows, chosen) if chosen is not None else None
    return [given, *jobs] if given is not None and given not in jobs else jobs


def _neighbour(rows: Session, chosen: LibrarySelection, photo_id: int, *, backward: bool) -> int | None:
    found = search(rows, chosen, start=photo_id, backward=backward, limit=1, seconds=_NEIGHBOUR_SECONDS)
    return next(iter(found.ids), None)

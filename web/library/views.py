"""The library: the grid of all photos, and one photo with its sources, licence and faces."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from core.dedup.groups.queries import find_group
from core.errors import InputError
from core.library.credits import places_of
from core.library.queries import UNKNOWN, LibraryFilter, read_choices, read_faces, read_library
from core.results.pages.queries import read_sources
from models import Label, Photo, Source, SourceKind
from web.extension import database

library = Blueprint("library", __name__, url_prefix="/library")

#: The most hosts and phrases that the filter fields suggest.
_SUGGESTED = 200


@library.get("")
def home() -> ResponseReturnValue:
    """The grid; `before` and `after` are photo ids."""
    chosen = _chosen()
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    with database().read() as rows:
        page = read_library(rows, chosen, before=before, after=after)
        choices = {
            "licence": [*read_choices(rows, Source.licence), UNKNOWN],
            "host": read_choices(rows, Source.host, limit=_SUGGESTED),
            "phrase": read_choices(rows, Source.phrase, limit=_SUGGESTED),
        }
    return render_template(
        "library/home.html", page=page, chosen=chosen, choices=choices, kinds=list(SourceKind)
    )


@library.get("/photos/<int:photo_id>")
def photo_page(photo_id: int) -> ResponseReturnValue:
    """One photo at full size. Raises InputError photo_not_found."""
    with database().read() as rows:
        photo = rows.get(Photo, photo_id)
        if photo is None:
            raise InputError("photo_not_found", f"There is no photo {photo_id}; it may have been removed.")
        sources = read_sources(rows, photo_id)
        faces = read_faces(rows, photo_id)
        group = find_group(rows, photo_id)
        around = LibraryFilter()
        newer = read_library(rows, around, after=photo_id, limit=1).photos
        older = read_library(rows, around, before=photo_id, limit=1).photos
    return render_template(
        "library/photo.html",
        photo=photo,
        places=places_of(sources),
        faces=[face for face in faces if face.current_label is not Label.NOT_A_FACE],
        false_alarms=sum(face.current_label is Label.NOT_A_FACE for face in faces),
        group=group,
        newer=newer[0].photo.id if newer else None,
        older=older[0].photo.id if older else None,
    )


def _chosen() -> LibraryFilter:
    kind = request.args.get("kind", "")
    return LibraryFilter(
        licence=request.args.get("licence") or None,
        host=request.args.get("host", "").strip().lower() or None,
        phrase=request.args.get("phrase", "").strip() or None,
        kind=SourceKind(kind) if kind in set(SourceKind) else None,
        job=request.args.get("job", type=int),
    )

"""The pages of duplicates: the list of groups, and one group side by side."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.dedup.groups.queries import (
    GroupView,
    MemberView,
    find_next_group,
    read_group,
    read_groups,
    read_side_faces,
)
from models import CHOICES, DuplicateState, Likeness
from web.duplicates.forms import SIMILARITIES, FindForm
from web.duplicates.undo import read_undo
from web.extension import database
from web.numbers import query_number

duplicates = Blueprint("duplicates", __name__, url_prefix="/duplicates")

_GROUPS = 20
_PHOTOS = 6
#: Faces of each photo that can be labelled beside it.
_FACES = 12


@duplicates.get("")
def home() -> ResponseReturnValue:
    """The list of open groups, or of accepted ones, whose photos are hidden."""
    hidden = request.args.get("show") == "hidden"
    state = DuplicateState.ACCEPTED if hidden else DuplicateState.OPEN
    after = query_number("after")
    with database().read() as rows:
        page = read_groups(rows, state, after=after, limit=_GROUPS, photos=_PHOTOS)
        other = DuplicateState.OPEN if hidden else DuplicateState.ACCEPTED
        any_other = read_groups(rows, other, after=None, limit=1, photos=1).groups
    return render_template(
        "duplicates/home.html",
        page=page,
        hidden=hidden,
        after=after,
        nothing_yet=not page.groups and not any_other and after is None,
        form=FindForm(),
        similarities=SIMILARITIES,
        undo=read_undo(request.args),
    )


@duplicates.get("/<int:group_id>")
def group_page(group_id: int) -> ResponseReturnValue:
    """One group: the kept photo beside another one, given by `photo` in the address."""
    with database().read() as rows:
        view = read_group(rows, group_id)
        following, preceding = (
            find_next_group(rows, view.group, forward=forward) for forward in (True, False)
        )
        at = _chosen(view)
        whole = view.others[at].member.likeness is not Likeness.SIMILAR
        side_faces = read_side_faces(rows, view.kept.photo, view.others[at].photo, whole=whole)
    return render_template(
        "duplicates/group.html",
        view=view,
        shown=view.others[at],
        side_faces=side_faces,
        most_faces=_FACES,
        choices=CHOICES,
        back=url_for("duplicates.group_page", group_id=group_id, photo=view.others[at].photo.id),
        previous_photo=view.others[at - 1].photo.id if at else None,
        next_photo=view.others[at + 1].photo.id if at + 1 < len(view.others) else None,
        following=following,
        preceding=preceding,
        better=_better(view.kept, view.others[at]),
        undo=read_undo(request.args),
    )


def _chosen(view: GroupView) -> int:
    wanted = query_number("photo")
    return next((at for at, other in enumerate(view.others) if other.photo.id == wanted), 0)


def _better(kept: MemberView, other: MemberView) -> set[str]:
    """Whether the other photo has more pixels or bytes than the kept one."""
    ahead = (
        {"pixels"} if other.photo.width * other.photo.height > kept.photo.width * kept.photo.height else set()
    )
    return ahead | ({"bytes"} if other.photo.bytes > kept.photo.bytes else set())

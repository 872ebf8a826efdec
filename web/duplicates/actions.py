"""Actions: find duplicates, accept groups, keep another photo, mark as not the same, and undo each."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core.dedup.groups.queries import find_allowed_distance, find_next_group
from core.dedup.groups.store import (
    accept_above,
    accept_group,
    keep_photo,
    mark_not_same,
    reopen_group,
    undo_acceptance,
    undo_not_same,
)
from core.dedup.job_kind import request_dedup
from core.errors import InputError
from core.number_text import plural
from models import DuplicateGroup
from web.accounts.session import current_account
from web.duplicates.forms import FindForm
from web.extension import database, settings
from web.numbers import form_number
from workers.broker import wake

duplicate_actions = Blueprint("duplicate_actions", __name__, url_prefix="/duplicates")


@duplicate_actions.post("/find")
def find() -> ResponseReturnValue:
    """Start a duplicate job and go to its page."""
    form = FindForm()
    if not form.validate():
        raise InputError("option_invalid", "Choose one of the listed values.")
    with database().write() as rows:
        job_id = request_dedup(rows, form.options(), account_id=current_account().id).id
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))


@duplicate_actions.post("/<int:group_id>/accept")
def accept(group_id: int) -> ResponseReturnValue:
    """Hide all but the kept photo, and go to the next group, or back to the list."""
    with database().write() as rows:
        group = accept_group(rows, group_id, account_id=current_account().id)
        following = find_next_group(rows, group, forward=True)
    return _go_on(following, did="hidden", of=str(group_id))


@duplicate_actions.post("/<int:group_id>/reopen")
def reopen(group_id: int) -> ResponseReturnValue:
    """Show the group's photos again."""
    with database().write() as rows:
        reopen_group(rows, group_id)
    flash("All photos of this group are shown again.")
    return redirect(url_for("duplicates.group_page", group_id=group_id))


@duplicate_actions.post("/<int:group_id>/keep")
def keep(group_id: int) -> ResponseReturnValue:
    """Keep the photo that the form names."""
    with database().write() as rows:
        left = keep_photo(rows, group_id, _number("photo"), limit=find_allowed_distance(rows, group_id))
        remains = rows.get(DuplicateGroup, group_id) is not None
    if left:
        flash(
            f"{left} {'photo was' if left == 1 else 'photos were'} removed from the group: not near the "
            "photo that you keep. The next search for duplicates compares them again."
        )
    return redirect(
        url_for("duplicates.group_page", group_id=group_id) if remains else url_for("duplicates.home")
    )


@duplicate_actions.post("/<int:group_id>/not-same")
def not_same(group_id: int) -> ResponseReturnValue:
    """Remove the photo that the form names from the group for good."""
    photo_id = _number("photo")
    with database().write() as rows:
        group = rows.get(DuplicateGroup, group_id)
        kept_id = mark_not_same(rows, group_id, photo_id, account_id=current_account().id)
        remains = rows.get(DuplicateGroup, group_id) is not None
        following = group_id if remains else find_next_group(rows, group, forward=True) if group else None
    return _go_on(following, did="apart", of=f"{photo_id}-{kept_id}")


@duplicate_actions.post("/put-back")
def back() -> ResponseReturnValue:
    """Undo "not the same"."""
    with database().write() as rows:
        group_id = undo_not_same(rows, _number("photo"), _number("kept"))
    return redirect(url_for("duplicates.group_page", group_id=group_id, photo=_number("photo")))


@duplicate_actions.post("/accept-many")
def accept_many() -> ResponseReturnValue:
    """Accept every open group of at least the chosen similarity."""
    similarity = request.form.get("similarity", type=float)
    if similarity is None:
        raise InputError("option_invalid", "Choose how similar the photos must be.")
    with database().write() as rows:
        token, accepted = accept_above(rows, similarity, account_id=current_account().id)
    return redirect(url_for("duplicates.home", did="many", of=accepted, token=token))


@duplicate_actions.post("/undo-many")
def undo_many() -> ResponseReturnValue:
    """Undo one `accept_many`."""
    with database().write() as rows:
        reopened = undo_acceptance(rows, request.form.get("token", ""))
    flash(f"{plural(reopened, 'group')} {'is' if reopened == 1 else 'are'} open for review again.")
    return redirect(url_for("duplicates.home"))


def _go_on(following: int | None, *, did: str, of: str) -> ResponseReturnValue:
    """Go to the next group; to the list if there is none or the action was made in the list."""
    if following is None or request.form.get("stay"):
        return redirect(url_for("duplicates.home", did=did, of=of))
    return redirect(url_for("duplicates.group_page", group_id=following, did=did, of=of))


def _number(name: str) -> int:
    value = form_number(name)
    if value is None:
        raise InputError("option_invalid", f"The form has no field {name}.")
    return value

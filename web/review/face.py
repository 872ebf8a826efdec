"""The page of one face: its history, its label, flag and gold label."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.accounts import list_accounts
from core.errors import InputError
from core.review.answers.one_face import answer_face
from core.review.answers.outside_decisions import GONE, find_replacement
from core.review.queries import read_face_history, read_flagged
from core.review.store import add_flag, remove_gold, resolve_flags, set_gold
from models import Choice, Label, Role, read_choice
from web.accounts.session import current_account, safe_next
from web.extension import database
from web.review.blueprint import review
from web.review.forms import CHOICE_WORDS, LABEL_WORDS


@review.get("/faces/<int:face_id>")
def face_page(face_id: int) -> ResponseReturnValue:
    """The face with its photo, decisions and predictions; redirects to the face that replaced a moved box."""
    with database().read() as rows:
        history = read_face_history(rows, face_id)
        removed = history.face.box_state in GONE
        replacement = find_replacement(rows, face_id) if removed else None
        if replacement is not None:
            return redirect(url_for("review.face_page", face_id=replacement, back=request.args.get("back")))
        names = {account.id: account.name for account in list_accounts(rows)}
        flagged = bool(read_flagged(rows, [face_id]))
    return render_template(
        "review/face.html",
        history=history,
        names=names,
        flagged=flagged,
        removed=removed,
        words=LABEL_WORDS,
        choices=CHOICE_WORDS,
        back=safe_next(request.args.get("back")),
        is_lead=current_account().role is Role.LEAD,
    )


@review.post("/faces/<int:face_id>")
def decide_one(face_id: int) -> ResponseReturnValue:
    """Decide the face; without `label`, undo the person's decision. A lead's decision settles a conflict."""
    account, value = current_account(), request.form.get("label", "")
    choice = _choice(value) if value else None
    with database().write() as rows:
        answer_face(rows, face_id, choice, account, queue="face page")
    flash(f"Decided: {CHOICE_WORDS[choice].lower()}." if choice else "Undone.")
    return _go(face_id)


@review.post("/faces/<int:face_id>/flag")
def flag_face(face_id: int) -> ResponseReturnValue:
    """Flag the face, or resolve its flag."""
    with database().write() as rows:
        read_face_history(rows, face_id)
        if read_flagged(rows, [face_id]):
            resolve_flags(rows, [face_id])
        else:
            add_flag(rows, face_id, current_account().id)
    return _go(face_id)


@review.post("/faces/<int:face_id>/gold")
def make_gold(face_id: int) -> ResponseReturnValue:
    """Make the face a gold face; without `label`, an ordinary one."""
    value = request.form.get("label", "")
    with database().write() as rows:
        if value:
            set_gold(rows, face_id, _label(value), account_id=current_account().id)
        else:
            remove_gold(rows, face_id)
    flash("Added to the gold faces." if value else "Removed from the gold faces.")
    return _go(face_id)


def _choice(value: str) -> Choice:
    try:
        return read_choice(value)
    except ValueError as error:
        raise InputError("label_not_found", f"There is no answer {value[:40]}.") from error


def _label(value: str) -> Label:
    try:
        return Label(value)
    except ValueError as error:
        raise InputError("label_not_found", f"There is no label {value[:40]}.") from error


def _go(face_id: int) -> ResponseReturnValue:
    back = safe_next(request.form.get("back"))
    return redirect(back or url_for("review.face_page", face_id=face_id))

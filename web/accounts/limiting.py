"""The page on which a viewer or reviewer is limited to some series and review queues."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.access.limits import Limits, read_choices, read_limits, set_limits
from core.accounts import get_account
from core.errors import InputError
from core.number_text import plural
from models import Account, Role
from web.activity.recording import tell
from web.errors import status_of
from web.extension import database

limiting = Blueprint("limiting", __name__, url_prefix="/people/<int:account_id>/limits")

EVERYTHING, SOME = "everything", "some"


@limiting.get("")
def limits_page(account_id: int) -> ResponseReturnValue:
    """What the account sees, to be changed; a lead's cannot be."""
    with database().read() as rows:
        account = get_account(rows, account_id)
        return _page(rows, account, read_limits(rows, [account])[account.id])


@limiting.post("")
def save(account_id: int) -> ResponseReturnValue:
    """Change what the account sees."""
    chosen = _chosen()
    try:
        with database().write() as rows:
            account = get_account(rows, account_id)
            change_limits(rows, account, chosen)
    except InputError as error:
        if error.code == "account_not_found":
            raise
        with database().read() as rows:
            return _page(rows, get_account(rows, account_id), chosen, error), status_of(error)
    flash(f"{account.name} sees {limits_words(chosen)}, from the next request on.")
    return redirect(url_for("people.people_page"))


def change_limits(rows: Session, account: Account, limits: Limits | None) -> None:
    """Limit the account, or let it see everything, and tell the activity log; raises as `set_limits` does."""
    set_limits(rows, account, limits)
    given = {} if limits is None else {"series": list(limits.series), "queues": list(limits.queues)}
    tell(person=account.name, sees=EVERYTHING if limits is None else SOME, **given)


def limits_words(limits: Limits | None) -> str:
    """What an account sees, such as `2 series and 1 queue`."""
    if limits is None:
        return EVERYTHING
    series, queues = len(limits.series), len(limits.queues)
    parts = [f"{series} series"] if series else []
    parts += [plural(queues, "review queue")] if queues else []
    return " and ".join(parts) or "nothing yet"


def _chosen() -> Limits | None:
    """What the form says; InputError option_invalid."""
    if request.form.get("sees") not in (EVERYTHING, SOME):
        raise InputError("option_invalid", "Choose what the person sees.")
    if request.form["sees"] == EVERYTHING:
        return None
    return Limits(series=_numbers("series"), queues=_numbers("queues"))


def _numbers(name: str) -> tuple[int, ...]:
    given = request.form.getlist(name)
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in given):
        raise InputError("option_invalid", f"{name} must be numbers.")
    return tuple(map(int, given))


def _page(rows: Session, account: Account, limits: Limits | None, failure: InputError | None = None) -> str:
    return render_template(
        "accounts/limits.html",
        person=account,
        limits=limits,
        choices=read_choices(rows, {account.id: limits}),
        is_lead=account.role is Role.LEAD,
        failure=failure,
    )

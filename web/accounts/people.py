"""The people page: accounts, sign-in links and access."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from core.access.limits import Limits, read_limits
from core.accounts import add_account, get_account, list_accounts, new_sign_in_link, remove_access
from core.errors import InputError
from models import Role
from web.accounts.forms import OWNER_WORDS, ROLE_WORDS, PersonForm
from web.accounts.limiting import change_limits, limits_words
from web.activity.recording import tell
from web.errors import status_of
from web.extension import database

people = Blueprint("people", __name__, url_prefix="/people")


@people.get("")
def people_page() -> ResponseReturnValue:
    """All accounts, and the form that adds one."""
    return _page(PersonForm())


@people.post("")
def add() -> ResponseReturnValue:
    """Add an account and show its one-time sign-in link."""
    form = PersonForm()
    if not form.validate():
        return _page(form), 400
    try:
        with database().write() as rows:
            role = Role(form.role.data)
            account = add_account(rows, (form.name.data or "").strip(), role)
            if form.limited.data and role is not Role.LEAD:
                change_limits(rows, account, Limits())
            secret = new_sign_in_link(rows, name=account.name)
            tell(person=account.name, role=role.value)
    except InputError as error:
        form.name.errors = [error.message]
        return _page(form), status_of(error)
    return _page(PersonForm(formdata=None), who=account.name, secret=secret)


@people.post("/<int:account_id>/link")
def link(account_id: int) -> ResponseReturnValue:
    """Create and show a one-time sign-in link."""
    with database().write() as rows:
        account = get_account(rows, account_id)
        secret = new_sign_in_link(rows, name=account.name)
        tell(person=account.name)
    return _page(PersonForm(formdata=None), who=account.name, secret=secret)


@people.post("/<int:account_id>/shut-out")
def remove(account_id: int) -> ResponseReturnValue:
    """Remove the access of an account."""
    with database().write() as rows:
        account = get_account(rows, account_id)
        remove_access(rows, account)
        tell(person=account.name)
    flash(f"{account.name} has no access any more and is signed out everywhere. A new link restores access.")
    return redirect(url_for("people.people_page"))


def _page(form: PersonForm, *, who: str = "", secret: str = "") -> str:
    with database().read() as rows:
        accounts = list_accounts(rows)
        limits = read_limits(rows, accounts)
    address = url_for("accounts.sign_in_link", secret=secret, _external=True) if secret else ""
    return render_template(
        "accounts/people.html",
        form=form,
        people=accounts,
        sees={account_id: limits_words(given) for account_id, given in limits.items()},
        who=who,
        limited_id=next((each.id for each in accounts if each.name == who and each.is_limited), None),
        address=address,
        role_words=ROLE_WORDS,
        owner_words=OWNER_WORDS,
    )

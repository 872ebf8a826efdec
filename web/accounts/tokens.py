"""The page of tokens by which programs call the API: make, list and revoke them."""

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput

from core.api_tokens import add_token, is_valid, list_tokens, revoke_token, scopes_of
from core.database import read_clock
from core.errors import InputError
from models import Account, Role, Scope
from web.accounts.session import current_account
from web.activity.recording import tell
from web.errors import status_of
from web.extension import database

tokens = Blueprint("tokens", __name__, url_prefix="/tokens")

#: What a token with each scope may do.
_SCOPE_WORDS = {
    Scope.READ: "Read jobs, photos, faces, decisions and reports",
    Scope.SUBMIT: "Request jobs and send files",
    Scope.REVIEW: "Decide faces",
    Scope.ADMIN: "Do everything, also delete",
}
_LIVES = (("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("0", "Never"))


class TokenForm(FlaskForm):
    """A new token of the signed-in account; `add_token` checks what its role allows."""

    name = StringField("Name", validators=[InputRequired("Give a name."), Length(max=80)])
    scopes = SelectMultipleField(
        "It may",
        choices=[SelectChoice(scope.value, words) for scope, words in _SCOPE_WORDS.items()],
        option_widget=CheckboxInput(),
    )
    days = SelectField(
        "Expires after", choices=[SelectChoice(days, words) for days, words in _LIVES], default="90"
    )


@tokens.get("")
def page() -> ResponseReturnValue:
    """The tokens that the account may see, and the form for a new one."""
    return _page(TokenForm(scopes=_default_scopes(current_account())))


@tokens.post("")
def add() -> ResponseReturnValue:
    """Make a token of the signed-in account and show its secret this once."""
    form, account = TokenForm(), current_account()
    if account.role is not Role.LEAD:
        form.scopes.data = [scope.value for scope in scopes_of(account.role)]
    if not form.validate():
        return _page(form), 400
    try:
        with database().write() as rows:
            token, secret = add_token(
                rows,
                account,
                name=form.name.data or "",
                scopes=[Scope(scope) for scope in form.scopes.data or ()],
                days=int(form.days.data) or None,
            )
            tell(name=token.name, scopes=token.scopes)
    except InputError as error:
        return _page(form, failure=error), status_of(error)
    name = (form.name.data or "").strip()
    answer = make_response(
        _page(TokenForm(formdata=None, scopes=_default_scopes(account)), name=name, secret=secret)
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@tokens.post("/<int:token_id>/revoke")
def revoke(token_id: int) -> ResponseReturnValue:
    """End a token for good: a lead any, others their own."""
    with database().write() as rows:
        token = revoke_token(rows, token_id, account_id=_only_of(current_account()))
        tell(name=token.name)
        name = token.name
    flash(f"The token “{name}” is revoked. What uses it gets no answer any more.")
    return redirect(url_for("tokens.page"))


def _only_of(account: Account) -> int | None:
    """Whose tokens the account sees: a lead those of all."""
    return None if account.role is Role.LEAD else account.id


def _default_scopes(account: Account) -> list[str]:
    scopes = (Scope.READ, Scope.SUBMIT) if account.role is Role.LEAD else scopes_of(account.role)
    return [scope.value for scope in scopes]


def _page(form: TokenForm, *, failure: InputError | None = None, name: str = "", secret: str = "") -> str:
    account = current_account()
    with database().read() as rows:
        found, now = list_tokens(rows, _only_of(account)), read_clock(rows)
    return render_template(
        "accounts/tokens.html",
        form=form,
        failure=failure,
        name=name,
        secret=secret,
        tokens=[(token, who, is_valid(token, now)) for token, who in found],
        is_lead=account.role is Role.LEAD,
    )

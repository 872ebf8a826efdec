"""Sign in by link or password, sign out, and set a password."""

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access.limits import read_choices
from core.accounts import (
    check_password,
    hash_password,
    owner_has_password,
    redeem_link,
    require_same_password,
    set_password,
)
from core.errors import InputError, MaskloopError
from core.sign_in_attempts import reserve_attempt, take_back_attempt
from models import Account, ActivityKind
from web.accounts.forms import PasswordForm, SignInForm
from web.accounts.openid import find_provider
from web.accounts.session import current_account, end_session, safe_next, start_session
from web.activity.recording import record, record_failed_sign_in
from web.errors import status_of
from web.extension import database

log = structlog.get_logger()

accounts = Blueprint("accounts", __name__)


@accounts.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """The password form, or how to sign in while no password is set."""
    form = SignInForm()
    failure: MaskloopError | None = None
    if form.validate_on_submit():
        try:
            account = _check_sign_in(form.name.data, form.password.data)
            with database().write() as rows:
                require_same_password(rows, account)
                start_session(rows, account)
                record(rows, ActivityKind.SIGNED_IN, account=account, who=account.name, by="password")
            return redirect(safe_next(request.args.get("next")) or url_for("jobs.home"))
        except MaskloopError as error:
            failure = error
    with database().read() as rows:
        has_password = owner_has_password(rows)
    page = render_template(
        "accounts/sign_in.html",
        form=form,
        failure=failure,
        has_password=has_password,
        provider=find_provider(),
        next=safe_next(request.args.get("next")),
    )
    return page, status_of(failure) if failure else 200


@accounts.route("/sign-in/<secret>", methods=["GET", "POST"])
def sign_in_link(secret: str) -> ResponseReturnValue:
    """A one-time link. Opening it does not use it up, since link previews open it too: the page posts it."""
    if request.method == "GET":
        return render_template("accounts/sign_in_link.html")
    try:
        with database().write() as rows:
            account = redeem_link(rows, secret)
            start_session(rows, account)
            record(rows, ActivityKind.SIGNED_IN, account=account, who=account.name, by="link")
    except InputError as error:
        log.warning(error.code, client=request.remote_addr)
        _record_failure("", error)
        raise
    return redirect(url_for("jobs.home"))


@accounts.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session of this browser, here and on its side, and clear its cache."""
    with database().write() as rows:
        record(rows, ActivityKind.SIGNED_OUT, account=current_account(), who=current_account().name)
        end_session(rows)
    response = redirect(url_for("accounts.sign_in"))
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@accounts.route("/account", methods=["GET", "POST"])
def account_page() -> ResponseReturnValue:
    """The signed-in account and its password."""
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            _change_password(current_account(), form.current.data or "", form.password.data)
            flash("The password is set. Other browsers were signed out.")
            return redirect(url_for("accounts.account_page"))
        except InputError as error:
            form.password.errors = [error.message]
    account = current_account()
    sees = None
    if account.is_limited:
        with database().read() as rows:
            # Of a limited account, the reading finds what it has alone.
            sees = read_choices(rows, {})
    return render_template(
        "accounts/account.html", form=form, has_password=bool(account.password_hash), sees=sees
    )


def _check_sign_in(name: str, password: str) -> Account:
    """The account, unless too many attempts have failed recently."""
    client = request.remote_addr or ""
    attempt: int | None = None
    try:
        with database().write() as rows:
            attempt = reserve_attempt(rows, client=client, account=name)
        with database().read() as rows:
            account = check_password(rows, name, password)
    except InputError as error:
        log.warning(error.code, account=name, client=client)
        _record_failure(name, error)
        raise
    except BaseException:
        _take_back(attempt)
        raise
    _take_back(attempt)
    return account


def _take_back(attempt: int | None) -> None:
    if attempt is not None:
        with database().write() as rows:
            take_back_attempt(rows, attempt)


def _record_failure(name: str, error: InputError) -> None:
    """Attempts beyond the limit leave a line in the log alone, so that nobody fills the disk with them."""
    if error.code != "sign_in_throttled":
        record_failed_sign_in(name, error.code)


def _change_password(account: Account, current: str, new: str) -> None:
    if account.password_hash:
        _check_sign_in(account.name, current)
    hashed = hash_password(new)
    with database().write() as rows:
        set_password(rows, account.name, hashed)
        start_session(rows, account)

"""Pages about review quality: reviewers, agreement, conflicts, gold faces, flags."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.accounts import list_accounts
from core.errors import InputError
from core.jobs.stages import UNFINISHED
from core.labels.contested import count_contested
from core.review.agreement.queries import find_agreement, find_agreement_job, list_conflicts, read_reviewers
from core.review.answers.settling import reopen_conflict, settle_conflict
from core.review.job_kind import request_agreement
from core.review.queries import list_flags, list_gold, list_untellable
from models import Choice, Label, read_choice
from web.accounts.session import current_account, safe_next
from web.extension import database, settings
from web.numbers import query_number
from web.pages import live_page
from web.review.blueprint import review
from web.review.forms import CHOICE_WORDS, LABEL_WORDS
from workers.broker import wake

_PAGE = 60


@review.get("/reviewers")
def reviewers() -> ResponseReturnValue:
    """Speed and agreement of all reviewers."""
    with database().read() as rows:
        metrics = read_reviewers(rows)
        agreement = find_agreement(rows)
        job = find_agreement_job(rows)
        names = {account.id: account.name for account in list_accounts(rows)}
    return live_page(
        "review/reviewers.html",
        metrics=metrics,
        agreement=agreement,
        job=job,
        measuring=job is not None and job.state in UNFINISHED,
        names=names,
        words={label.value: LABEL_WORDS[label] for label in Label},
    )


@review.post("/reviewers/measure")
def measure() -> ResponseReturnValue:
    """Start the job that measures agreement."""
    with database().write() as rows:
        request_agreement(rows, account_id=current_account().id)
    wake(settings())
    flash("Agreement is being measured.")
    return redirect(url_for("review.reviewers"))


@review.get("/conflicts")
def conflicts() -> ResponseReturnValue:
    """Faces that two people decided differently, newest first; with `all` in the address, settled too."""
    before, show_all = query_number("before"), "all" in request.args
    with database().read() as rows:
        found = list_conflicts(rows, only_open=not show_all, before_id=before, limit=_PAGE + 1)
        names = {account.id: account.name for account in list_accounts(rows)}
        contested = count_contested(rows)
    return render_template(
        "review/conflicts.html",
        conflicts=found[:_PAGE],
        names=names,
        words=CHOICE_WORDS,
        contested=contested,
        show_all=show_all,
        older=found[_PAGE - 1].item.id if len(found) > _PAGE else None,
    )


@review.post("/conflicts/<int:item_id>")
def settle(item_id: int) -> ResponseReturnValue:
    """A lead decides a contested face; without `choice`, the face is contested again."""
    value = request.form.get("choice", "")
    with database().write() as rows:
        if value:
            choice = _choice(value)
            settle_conflict(rows, item_id, choice, account_id=current_account().id)
        else:
            reopen_conflict(rows, item_id)
    flash(f"Settled: {CHOICE_WORDS[choice].lower()}." if value else "Undone: the face is contested again.")
    return redirect(safe_next(request.form.get("back")) or url_for("review.conflicts"))


@review.get("/gold")
def gold() -> ResponseReturnValue:
    """Faces with a known label."""
    after = query_number("after", 0)
    with database().read() as rows:
        found = list_gold(rows, after_id=after, limit=_PAGE + 1)
    more = found[_PAGE - 1].face_id if len(found) > _PAGE else None
    return render_template("review/gold.html", faces=found[:_PAGE], words=LABEL_WORDS, more=more)


@review.get("/flags")
def flags() -> ResponseReturnValue:
    """Faces with an open flag."""
    before = query_number("before")
    with database().read() as rows:
        found = list_flags(rows, before_id=before, limit=_PAGE + 1)
        names = {account.id: account.name for account in list_accounts(rows)}
    older = found[_PAGE - 1].id if len(found) > _PAGE else None
    return render_template("review/flags.html", flags=found[:_PAGE], names=names, older=older)


@review.get("/cannot-tell")
def cannot_tell() -> ResponseReturnValue:
    """Faces whose newest decision is "can't tell"."""
    before = query_number("before")
    with database().read() as rows:
        found = list_untellable(rows, before_id=before, limit=_PAGE + 1)
        names = {account.id: account.name for account in list_accounts(rows)}
    older = found[_PAGE - 1].id if len(found) > _PAGE else None
    return render_template("review/cannot_tell.html", decisions=found[:_PAGE], names=names, older=older)


def _choice(value: str) -> Choice:
    try:
        return read_choice(value)
    except ValueError as error:
        raise InputError("label_not_found", f"There is no answer {value[:40]}.") from error

"""The labelling guide: its page for everybody, its versions, and the form with which leads change it."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.accounts import list_accounts
from core.errors import InputError
from core.review.guide import LONGEST_TEXT, SECTIONS
from core.review.queries import get_guide, list_guides, read_guide
from core.review.store import save_guide
from models import Role
from web.accounts.session import current_account
from web.errors import status_of
from web.extension import database
from web.numbers import form_number, query_number
from web.review.blueprint import review
from web.review.forms import CHOICE_WORDS


@review.get("/guide")
def guide_page() -> ResponseReturnValue:
    """The guide; `version` in the address shows an earlier version."""
    number = query_number("version")
    with database().read() as rows:
        newest = read_guide(rows)
        guide = newest if number is None else get_guide(rows, number)
        versions = list_guides(rows)
        names = {account.id: account.name for account in list_accounts(rows)}
    return render_template(
        "review/guide.html",
        guide=guide,
        newest=newest.number,
        versions=versions,
        names=names,
        choices=CHOICE_WORDS,
        is_lead=current_account().role is Role.LEAD,
    )


@review.get("/guide/edit")
def edit_guide() -> ResponseReturnValue:
    """The form with the current text, or with that of `version` in the address."""
    with database().read() as rows:
        newest = read_guide(rows).number
        guide = get_guide(rows, query_number("version", newest))
    return _form(guide.texts, newest)


@review.post("/guide/edit")
def change_guide() -> ResponseReturnValue:
    """Save the text as a new version; a text that cannot be saved stays in the form."""
    texts = {section: request.form.get(section, "") for section in SECTIONS}
    base = form_number("base", 0)
    with database().write() as rows:
        try:
            save_guide(rows, texts, base=base, account_id=current_account().id)
        except InputError as error:
            return _form(texts, read_guide(rows).number, error), status_of(error)
    flash("Saved. Reviewers see the new guide when they open or reload a page.")
    return redirect(url_for("review.guide_page"))


def _form(texts: object, base: int, failure: InputError | None = None) -> str:
    return render_template(
        "review/edit_guide.html",
        texts=texts,
        base=base,
        failure=failure,
        parts=SECTIONS,
        longest=LONGEST_TEXT,
        words={choice.value: words for choice, words in CHOICE_WORDS.items()},
    )

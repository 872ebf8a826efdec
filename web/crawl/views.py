"""The page that requests a crawl."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from core.crawl.job_kind import request_crawl
from core.crawl.sources.registry import SEARCHED
from core.errors import InputError
from web.accounts.session import current_account
from web.crawl.forms import HINTS, CrawlForm
from web.errors import status_of
from web.extension import database, settings
from workers.broker import wake

crawl = Blueprint("crawl", __name__, url_prefix="/crawls")


@crawl.get("/new")
def new() -> ResponseReturnValue:
    """The empty form."""
    return _render(CrawlForm(), None)


@crawl.post("/new")
def submit() -> ResponseReturnValue:
    """Write the crawl, wake the workers, go to its page."""
    form = CrawlForm()
    if not form.validate():
        return _render(form, None), 400
    try:
        with database().write() as rows:
            job_id = request_crawl(
                rows,
                form.options(),
                settings(),
                account_id=current_account().id,
                title=form.title.data or "",
            ).id
    except InputError as error:
        return _render(form, error), status_of(error)
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))


def _render(form: CrawlForm, failure: InputError | None) -> str:
    keyless = {
        source.name
        for source in SEARCHED
        if source.key_setting and not getattr(settings(), source.key_setting)
    }
    return render_template(
        "crawl/new.html", form=form, failure=failure, sources=SEARCHED, hints=HINTS, keyless=keyless
    )

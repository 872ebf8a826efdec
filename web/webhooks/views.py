"""All webhooks, one with the log of its deliveries, and what can be done with it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.webhooks.deliveries import KEPT, resend_delivery
from core.webhooks.queries import (
    get_delivery,
    get_webhook,
    list_deliveries,
    list_webhooks,
    previous_secret_until,
    read_last_deliveries,
)
from core.webhooks.store import (
    add_webhook,
    change_webhook,
    delete_webhook,
    pause_webhook,
    resume_webhook,
    rotate_secret,
    write_test,
)
from web.accounts.session import current_account
from web.errors import status_of
from web.extension import database, settings
from web.numbers import query_number
from web.pages import live_page
from web.webhooks.forms import EVENT_WORDS, WebhookForm

webhooks = Blueprint("webhooks", __name__, url_prefix="/webhooks")

_DELIVERIES = 50


@webhooks.get("")
def home() -> ResponseReturnValue:
    """All webhooks, and the form that adds one."""
    with database().read() as rows:
        found, last = list_webhooks(rows), read_last_deliveries(rows)
    return live_page("webhooks/home.html", found=found, last=last, words=EVENT_WORDS)


@webhooks.get("/new")
def new() -> ResponseReturnValue:
    """The form that adds a webhook."""
    return _form(WebhookForm())


@webhooks.post("/new")
def add() -> ResponseReturnValue:
    """Add a webhook and show its secret, this once."""
    form = WebhookForm()
    if not form.validate():
        return _form(form), 400
    try:
        with database().write() as rows:
            webhook = add_webhook(
                rows,
                settings(),
                name=form.name.data or "",
                url=form.url.data or "",
                events=form.chosen(),
                account_id=current_account().id,
            )
    except InputError as error:
        return _form(form, failure=error), status_of(error)
    return render_template("webhooks/secret.html", webhook=webhook, rotated=False)


@webhooks.get("/<int:webhook_id>")
def webhook_page(webhook_id: int) -> ResponseReturnValue:
    """One webhook with its deliveries, newest first; those before the one of the address."""
    before = query_number("before", 0) or None
    with database().read() as rows:
        webhook = get_webhook(rows, webhook_id)
        found = list_deliveries(rows, webhook_id, before_id=before, limit=_DELIVERIES + 1)
        until = previous_secret_until(rows, webhook)
    return live_page(
        "webhooks/webhook.html",
        webhook=webhook,
        deliveries=found[:_DELIVERIES],
        older=found[_DELIVERIES - 1].id if len(found) > _DELIVERIES else None,
        before=before,
        previous_until=until,
        words=EVENT_WORDS,
        kept_days=KEPT.days,
    )


@webhooks.get("/<int:webhook_id>/change")
def change_page(webhook_id: int) -> ResponseReturnValue:
    """The form that changes a webhook."""
    with database().read() as rows:
        webhook = get_webhook(rows, webhook_id)
    return _form(WebhookForm(name=webhook.name, url=webhook.url, events=webhook.events), webhook_id)


@webhooks.post("/<int:webhook_id>/change")
def change(webhook_id: int) -> ResponseReturnValue:
    """Change the webhook."""
    form = WebhookForm()
    if not form.validate():
        return _form(form, webhook_id), 400
    try:
        with database().write() as rows:
            webhook = get_webhook(rows, webhook_id, lock=True)
            name, url = form.name.data, form.url.data
            change_webhook(rows, settings(), webhook, name=name, url=url, events=form.chosen())
    except InputError as error:
        if error.code == "webhook_not_found":
            raise
        return _form(form, webhook_id, failure=error), status_of(error)
    return _back(webhook_id)


@webhooks.post("/<int:webhook_id>/pause")
def pause(webhook_id: int) -> ResponseReturnValue:
    """Send nothing until it is resumed."""
    with database().write() as rows:
        pause_webhook(get_webhook(rows, webhook_id, lock=True))
    flash("Paused. Events of this time are not sent later.")
    return _back(webhook_id)


@webhooks.post("/<int:webhook_id>/resume")
def resume(webhook_id: int) -> ResponseReturnValue:
    """Send again."""
    with database().write() as rows:
        resume_webhook(get_webhook(rows, webhook_id, lock=True))
    flash("Resumed.")
    return _back(webhook_id)


@webhooks.post("/<int:webhook_id>/test")
def try_out(webhook_id: int) -> ResponseReturnValue:
    """Send a test event."""
    with database().write() as rows:
        write_test(rows, get_webhook(rows, webhook_id))
    flash("A test event is sent; how it went shows below in a moment.")
    return _back(webhook_id)


@webhooks.post("/<int:webhook_id>/rotate")
def rotate(webhook_id: int) -> ResponseReturnValue:
    """Make a new secret and show it, this once."""
    with database().write() as rows:
        webhook = get_webhook(rows, webhook_id, lock=True)
        rotate_secret(rows, webhook)
    return render_template("webhooks/secret.html", webhook=webhook, rotated=True)


@webhooks.post("/<int:webhook_id>/delete")
def delete(webhook_id: int) -> ResponseReturnValue:
    """Delete the webhook with its log."""
    with database().write() as rows:
        delete_webhook(rows, get_webhook(rows, webhook_id))
    flash("The webhook is deleted.")
    return redirect(url_for("webhooks.home"))


@webhooks.post("/<int:webhook_id>/deliveries/<int:delivery_id>/resend")
def resend(webhook_id: int, delivery_id: int) -> ResponseReturnValue:
    """Send a delivery again."""
    try:
        with database().write() as rows:
            resend_delivery(rows, get_delivery(rows, webhook_id, delivery_id))
    except InputError as error:
        if error.code == "delivery_not_found":
            raise
        flash(error.message, "error")
    else:
        flash("The event is sent again.")
    return _back(webhook_id)


def _back(webhook_id: int) -> ResponseReturnValue:
    return redirect(url_for("webhooks.webhook_page", webhook_id=webhook_id))


def _form(form: WebhookForm, webhook_id: int | None = None, *, failure: InputError | None = None) -> str:
    return render_template("webhooks/form.html", form=form, webhook_id=webhook_id, failure=failure)

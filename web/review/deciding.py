"""Review pages: one face at a time and the grid, and the requests of both."""

import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.review.answers.action import Action, Reviewer
from core.review.answers.exchange import MOST_WANTED, TabRequest, exchange
from core.review.answers.leases import release_tab
from core.review.answers.queries import ShownFace, read_past
from core.review.guide import Guide
from core.review.options import QueueOptions
from core.review.queries import read_guide
from core.review.queues.queries import get_queue
from models import Label, ReviewQueue
from web.accounts.session import current_account
from web.extension import database
from web.numbers import query_number
from web.review.blueprint import review
from web.review.forms import CHOICE_WORDS

_HOLDER = re.compile(r"[0-9a-zA-Z-]{8,36}")
#: More actions in one request would hold locks for too long; the browser sends the rest in the next one.
_MOST_ACTIONS = 50
_GRID_SIZES = (60, 100, 150, 200)


@review.get("/queues/<int:queue_id>/faces")
def one_by_one(queue_id: int) -> ResponseReturnValue:
    """Review one face at a time."""
    queue, options, guide = _queue(queue_id)
    return render_template("review/one.html", queue=queue, options=options, guide=guide, choices=CHOICE_WORDS)


@review.get("/queues/<int:queue_id>/grid/<label>")
def grid(queue_id: int, label: str) -> ResponseReturnValue:
    """Review a page of crops with the same predicted label."""
    queue, options, guide = _queue(queue_id)
    size = query_number("size", 100)
    return render_template(
        "review/grid.html",
        queue=queue,
        options=options,
        label=_label(label),
        guide=guide,
        choices=CHOICE_WORDS,
        size=size if size in _GRID_SIZES else 100,
        sizes=_GRID_SIZES,
    )


@review.post("/queues/<int:queue_id>/exchange")
def exchange_faces(queue_id: int) -> ResponseReturnValue:
    """Apply the actions of a tab and lease it the next faces, in one transaction."""
    sent = request.get_json()
    reviewer, tab_request = _reviewer(sent), _tab_request(sent)
    with database().write() as rows:
        answer = exchange(rows, get_queue(rows, queue_id), reviewer, tab_request)
    return jsonify(
        answers=[asdict(applied) for applied in answer.answers],
        held=sorted(answer.held),
        faces=_faces(answer.faces),
        revealed=[asdict(prediction) for prediction in answer.revealed],
        remaining=answer.remaining,
        today=answer.today,
        open=answer.open,
    )


@review.get("/queues/<int:queue_id>/past")
def past(queue_id: int) -> ResponseReturnValue:
    """The person's decisions in this queue, newest first."""
    before = query_number("before")
    with database().read() as rows:
        reviewer = Reviewer(account_id=current_account().id, holder="", day=datetime.now(UTC).date())
        faces = read_past(rows, get_queue(rows, queue_id), reviewer, before_item=before)
    return jsonify(faces=_faces(faces))


@review.post("/queues/<int:queue_id>/leave")
def leave(queue_id: int) -> ResponseReturnValue:
    """The tab closes: its items wait again."""
    with database().write() as rows:
        release_tab(rows, queue_id, _reviewer(request.get_json()))
    return Response(status=204)


def _queue(queue_id: int) -> tuple[ReviewQueue, QueueOptions, Guide]:
    with database().read() as rows:
        queue, guide = get_queue(rows, queue_id), read_guide(rows)
    return queue, QueueOptions.from_json(queue.options), guide


def _faces(faces: Iterable[ShownFace]) -> list[dict[str, Any]]:
    return [asdict(face) for face in faces]


def _reviewer(sent: Any) -> Reviewer:
    holder = str(sent.get("holder", "")) if isinstance(sent, dict) else ""
    if not _HOLDER.fullmatch(holder):
        raise InputError("action_invalid", "The browser did not say which tab it is.")
    return Reviewer(account_id=current_account().id, holder=holder, day=_day(sent.get("day")))


def _day(sent: Any) -> date:
    """The date that the browser sent, if it is today in some time zone; else the date in UTC."""
    today = datetime.now(UTC).date()
    try:
        day = date.fromisoformat(str(sent))
    except ValueError:
        return today
    return day if abs(day - today) <= timedelta(days=1) else today


def _tab_request(sent: dict[str, Any]) -> TabRequest:
    try:
        actions = sent.get("actions", [])[:_MOST_ACTIONS]
        holding = [int(item) for item in sent.get("holding", [])][: 2 * MOST_WANTED + 50]
        label = Label(sent["label"]) if sent.get("label") else None
        want = int(sent.get("want", 0))
    except (TypeError, ValueError, KeyError) as error:
        raise InputError("action_invalid", "The browser's request was not understood.") from error
    return TabRequest(
        actions=[Action.from_json(action) for action in actions], holding=holding, want=want, label=label
    )


def _label(value: str) -> Label:
    try:
        return Label(value)
    except ValueError as error:
        raise InputError("label_not_found", f"There is no label {value[:40]}.") from error

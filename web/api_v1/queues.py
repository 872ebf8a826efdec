"""Review queues: list, make, give out faces, decide, skip, undo, close and open."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from flask import url_for
from sqlalchemy.orm import Session

from core.review.agreement.queries import count_open_conflicts
from core.review.answers.action import Action, ActionKind, Reviewer
from core.review.answers.exchange import TabRequest, exchange
from core.review.answers.leases import LEASE, release_tab
from core.review.answers.queries import read_past
from core.review.queues.queries import find_queue, get_queue, list_queues, read_label_counts
from core.review.queues.request import request_matching
from core.review.queues.store import close_queue, open_queue
from models import Choice, Job, Scope
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.paging import cursor_of, read_cursor
from web.api_v1.schemas.base import ListQuery
from web.api_v1.schemas.queues import (
    DecidedFaces,
    Held,
    ItemDecisions,
    Items,
    NextFaces,
    OneQueue,
    Queue,
    QueueAnswer,
    QueueFace,
    QueueList,
    QueueListQuery,
    QueueRequest,
    WaitingFaces,
)
from web.api_v1.starting import start_once
from web.extension import database

_ACTIONS = {
    "skip": ActionKind.SKIP,
    "undo": ActionKind.UNDO,
    "take": ActionKind.TAKE,
    "flag": ActionKind.FLAG,
    "unflag": ActionKind.UNFLAG,
}


@api_v1.get("/queues")
@operation(Scope.READ, Scope.REVIEW, answer=QueueList, tag="queues")
def list_review_queues(query: QueueListQuery) -> QueueList:
    """Review queues, newest first."""
    with database().read() as rows:
        before = read_cursor(query.after)
        found = list_queues(rows, state=query.state, before_id=before, limit=query.limit + 1)
    shown = found[: query.limit]
    return QueueList(
        queues=[Queue.of(queue) for queue in shown],
        next=cursor_of(shown[-1].id) if len(found) > query.limit else None,
    )


@api_v1.post("/queues")
@operation(Scope.SUBMIT, answer=Queue, status=202, tag="queues", errors=(410,), repeatable=True)
def create_queue(json: QueueRequest) -> Answered:
    """Make a queue; the job `job_id` fills it. With an `Idempotency-Key` the request can be sent again."""

    def start(rows: Session) -> Job:
        queue = request_matching(rows, json.chosen, title=json.title, account_id=caller().account.id)
        return rows.get_one(Job, queue.job_id)

    answer = start_once(start, _answer_filled)
    return answer, 202, {"Location": url_for("api_v1.read_queue", queue_id=answer.id)}


@api_v1.get("/queues/<int:queue_id>")
@operation(Scope.READ, Scope.REVIEW, answer=OneQueue, tag="queues")
def read_queue(queue_id: int) -> OneQueue:
    """One queue with what waits in it."""
    with database().read() as rows:
        queue = get_queue(rows, queue_id)
        counts = read_label_counts(rows, queue)
        return OneQueue.of(
            queue,
            waiting=[WaitingFaces(label=each.label, faces=each.faces, more=each.more) for each in counts],
            conflicts=count_open_conflicts(rows, queue),
        )


@api_v1.post("/queues/<int:queue_id>/next")
@operation(Scope.REVIEW, answer=QueueAnswer, tag="queues")
def take_faces(queue_id: int, json: NextFaces) -> QueueAnswer:
    """Give out the next faces to the caller; nobody else gets them while they are held."""
    return _exchange(
        queue_id, json, TabRequest(holding=json.holding, want=json.count, label=json.label), items={}
    )


@api_v1.post("/queues/<int:queue_id>/decisions")
@operation(Scope.REVIEW, answer=QueueAnswer, tag="queues")
def decide_items(queue_id: int, json: ItemDecisions) -> QueueAnswer:
    """Decide items that the caller holds, that wait, or that the caller decided before."""
    actions = [
        # Of an item that nobody has decided it is the first decision.
        Action(
            key=each.key or uuid.uuid4().hex,
            kind=ActionKind.CHANGE,
            choices={each.item: each.label},
            milliseconds=each.milliseconds,
        )
        for each in json.decisions
    ]
    return _act(queue_id, json, actions)


@api_v1.post("/queues/<int:queue_id>/<any(skip, undo, take, flag, unflag):action>")
@operation(Scope.REVIEW, answer=QueueAnswer, tag="queues")
def change_items(queue_id: int, action: str, json: Items) -> QueueAnswer:
    """Skip held items, undo the caller's decisions, take skipped items back, or flag items for a lead."""
    return _act(queue_id, json, [_action(_ACTIONS[action], item) for item in json.items])


@api_v1.post("/queues/<int:queue_id>/release")
@operation(Scope.REVIEW, status=204, tag="queues")
def release_items(queue_id: int, json: Held) -> Answered:
    """Give back all items that the caller holds: they wait again."""
    with database().write() as rows:
        release_tab(rows, get_queue(rows, queue_id).id, _reviewer(json))
    return "", 204


@api_v1.get("/queues/<int:queue_id>/decisions")
@operation(Scope.REVIEW, answer=DecidedFaces, tag="queues")
def list_own_decisions(queue_id: int, query: ListQuery) -> DecidedFaces:
    """The faces that the caller decided in this queue, newest first."""
    with database().read() as rows:
        queue, before = get_queue(rows, queue_id), read_cursor(query.after)
        found = read_past(rows, queue, _reviewer(Held()), before_item=before, limit=query.limit + 1)
    shown = found[: query.limit]
    return DecidedFaces(
        faces=[QueueFace.of(face) for face in shown],
        next=cursor_of(shown[-1].item) if len(found) > query.limit else None,
    )


@api_v1.post("/queues/<int:queue_id>/close")
@operation(Scope.SUBMIT, answer=Queue, tag="queues")
def close_one_queue(queue_id: int) -> Queue:
    """Close a queue: it gives out no more faces, and all decisions are kept."""
    with database().write() as rows:
        queue = get_queue(rows, queue_id)
        close_queue(rows, queue)
        return Queue.of(queue)


@api_v1.post("/queues/<int:queue_id>/open")
@operation(Scope.SUBMIT, answer=Queue, tag="queues", errors=(409,))
def open_one_queue(queue_id: int) -> Queue:
    """Open a closed queue again."""
    with database().write() as rows:
        queue = get_queue(rows, queue_id)
        open_queue(rows, queue)
        return Queue.of(queue)


def _answer_filled(rows: Session, job: Job) -> Queue:
    queue = find_queue(rows, job)
    return Queue.of(queue if queue is not None else get_queue(rows, job.options["queue_id"]))


def _action(kind: ActionKind, item: int, choice: Choice | None = None) -> Action:
    return Action(key=uuid.uuid4().hex, kind=kind, choices={item: choice})


def _act(queue_id: int, held: Held, actions: Sequence[Action]) -> QueueAnswer:
    return _exchange(queue_id, held, TabRequest(actions=actions), items=_items_of(actions))


def _items_of(actions: Iterable[Action]) -> dict[str, int]:
    return {action.key: item for action in actions for item in action.choices}


def _exchange(queue_id: int, held: Held, asked: TabRequest, *, items: dict[str, int]) -> QueueAnswer:
    with database().write() as rows:
        found = exchange(rows, get_queue(rows, queue_id), _reviewer(held), asked)
    return QueueAnswer.of(found, items, int(LEASE.total_seconds()))


def _reviewer(held: Held) -> Reviewer:
    """The caller as one holder of faces; all processes of a token are one unless they name themselves."""
    found = caller()
    holder = held.holder or f"api-token-{found.token_id or 'none'}"
    return Reviewer(account_id=found.account.id, holder=holder, day=datetime.now(UTC).date())

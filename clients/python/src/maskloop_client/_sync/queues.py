# Made of `_async/queues.py` by `generate_sync.py`: change that file, not this one.
"""Review queues: make them, take faces, decide; and conflicts between people."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from maskloop_client._sync.group import Group
from maskloop_client._sync.rows import PAGE_SIZE, Rows
from maskloop_client.models import Conflict, OneQueue, Queue, QueueAnswer, QueueFace


class Queues(Group):
    """Review queues.

    A face is given out to one holder at a time. All programs of a token are one holder, unless each names
    itself by `holder`, 8 to 36 letters, digits and dashes.
    """

    def list(self, *, state: str | None = None, page_size: int = PAGE_SIZE) -> Rows[Queue]:
        """Queues, newest first; `state` is filling, open or closed."""
        return self._rows("/queues", "queues", Queue, page_size=page_size, query={"state": state})

    def create(
        self,
        *,
        preset: str | None = None,
        options: Mapping[str, Any] | None = None,
        title: str = "",
        key: str | None = None,
    ) -> Queue:
        """Make a queue; a job fills it. `preset` is informative, first, audit, label_errors, again or all."""
        body: dict[str, Any] = {"title": title, "options": {**(options or {})}}
        return self._sender.create(
            Queue, "/queues", body if preset is None else {**body, "preset": preset}, key=key
        )

    def get(self, queue_id: int) -> OneQueue:
        """One queue with what waits in it."""
        return self._sender.read(OneQueue, f"/queues/{queue_id}")

    def next(
        self,
        queue_id: int,
        count: int = 1,
        *,
        label: str | None = None,
        holding: Sequence[int] = (),
        holder: str | None = None,
    ) -> QueueAnswer:
        """Take faces to decide; they are held for `lease_seconds`, and items of `holding` for longer."""
        body = {"count": count, "holding": [*holding]} | ({} if label is None else {"label": label})
        return self._act(queue_id, "next", body, holder)

    def decide(self, queue_id: int, labels: Mapping[int, str], *, holder: str | None = None) -> QueueAnswer:
        """Decide items: with_mask, without_mask, incorrect, not_a_face or cannot_tell for each number."""
        body = {"decisions": [{"item": item, "label": label} for item, label in labels.items()]}
        return self._act(queue_id, "decisions", body, holder)

    def decisions(self, queue_id: int, *, page_size: int = PAGE_SIZE) -> Rows[QueueFace]:
        """The faces that the caller decided in a queue, newest first."""
        return self._rows(f"/queues/{queue_id}/decisions", "faces", QueueFace, page_size=page_size)

    def skip(self, queue_id: int, items: Iterable[int], *, holder: str | None = None) -> QueueAnswer:
        """Leave held items for later."""
        return self._act(queue_id, "skip", {"items": [*items]}, holder)

    def take(self, queue_id: int, items: Iterable[int], *, holder: str | None = None) -> QueueAnswer:
        """Take skipped items back."""
        return self._act(queue_id, "take", {"items": [*items]}, holder)

    def undo(self, queue_id: int, items: Iterable[int], *, holder: str | None = None) -> QueueAnswer:
        """Undo the caller's decisions about items."""
        return self._act(queue_id, "undo", {"items": [*items]}, holder)

    def flag(self, queue_id: int, items: Iterable[int], *, holder: str | None = None) -> QueueAnswer:
        """Flag items for a lead."""
        return self._act(queue_id, "flag", {"items": [*items]}, holder)

    def unflag(self, queue_id: int, items: Iterable[int], *, holder: str | None = None) -> QueueAnswer:
        """Take flags away."""
        return self._act(queue_id, "unflag", {"items": [*items]}, holder)

    def release(self, queue_id: int, *, holder: str | None = None) -> None:
        """Give back all items that are held: they wait again."""
        body = {} if holder is None else {"holder": holder}
        self._sender.send("POST", f"/queues/{queue_id}/release", body=body)

    def close(self, queue_id: int) -> Queue:
        """Close a queue: it gives out no more faces, and all decisions are kept."""
        return self._sender.change(Queue, "POST", f"/queues/{queue_id}/close")

    def open(self, queue_id: int) -> Queue:
        """Open a closed queue again."""
        return self._sender.change(Queue, "POST", f"/queues/{queue_id}/open")

    def _act(self, queue_id: int, action: str, body: Mapping[str, Any], holder: str | None) -> QueueAnswer:
        held = {} if holder is None else {"holder": holder}
        return self._sender.change(QueueAnswer, "POST", f"/queues/{queue_id}/{action}", {**body, **held})


class Conflicts(Group):
    """Faces that two people decided differently."""

    def list(self, *, settled: bool = False, page_size: int = PAGE_SIZE) -> Rows[Conflict]:
        """Conflicts of all queues, newest first; those that somebody settled only where asked for."""
        query = {"settled": settled or None}
        return self._rows("/conflicts", "conflicts", Conflict, page_size=page_size, query=query)

    def settle(self, conflict_id: int, label: str) -> Conflict:
        """Settle a conflict: the label ends the conflicts of this face in all queues."""
        return self._sender.change(Conflict, "POST", f"/conflicts/{conflict_id}/settle", {"label": label})

    def reopen(self, conflict_id: int) -> Conflict:
        """Undo the decision that settled a conflict."""
        return self._sender.change(Conflict, "POST", f"/conflicts/{conflict_id}/reopen")

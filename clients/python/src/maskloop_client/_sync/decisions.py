# Made of `_async/decisions.py` by `generate_sync.py`: change that file, not this one.
"""Decisions as JSON lines: export them, and import those of another service or tool."""

import os
from collections.abc import Iterator
from pathlib import Path

from maskloop_client._sync.downloads import download
from maskloop_client._sync.group import Group
from maskloop_client._sync.waiting import run_blocking
from maskloop_client.line_pieces import add_answer, read_pieces
from maskloop_client.models import ImportAnswer


class Decisions(Group):
    """What people decided about faces."""

    def export(self, to: str | os.PathLike[str], *, after: int = 0, queue: int | None = None) -> Path:
        """Write the newest decision of each person about each face to a file, a JSON object a line.

        `after` is the highest `id` of an earlier export: only newer ones are written.
        """
        query = {"after": after or None, "queue": queue}
        return download(self._sender, "/review/export", to, query=query, name="decisions.jsonl")

    def import_(self, lines: str | os.PathLike[str], *, people: str = "caller") -> ImportAnswer:
        """Add the decisions of a file of JSON lines; done again, nothing is added twice.

        `people` is caller, or named to take the persons that the lines name, which needs the scope admin.
        What cannot be applied is named in the answer.
        """
        total: ImportAnswer | None = None
        pieces: Iterator[tuple[int, bytes]] = read_pieces(Path(lines))
        while (piece := run_blocking(next, pieces, None)) is not None:
            first_line, content = piece
            answer = self._sender.send(
                "POST",
                "/review/import",
                query={"people": people},
                content=content,
                headers={"Content-Type": "application/x-ndjson"},
                repeatable=True,
            )
            total = add_answer(total, ImportAnswer.model_validate_json(answer.content), first_line)
        if total is None:
            return ImportAnswer(
                saved=0, unchanged=0, replaced=0, refused=0, refused_by_code={}, refused_lines=[]
            )
        return total

"""Long files of JSON lines in pieces that one request may bring, and the sum of the answers."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from maskloop_client.models import ImportAnswer

#: Bytes of a piece; the service takes 1 MiB.
_PIECE = 1 << 20
_SUMMED = ("saved", "unchanged", "replaced", "refused")


def read_pieces(path: Path) -> Iterator[tuple[int, bytes]]:
    """The number of the first line, from 1, and the bytes of each piece; a longer line is one of its own."""
    lines: list[bytes] = []
    first, size = 1, 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if lines and size + len(line) > _PIECE:
                yield first, b"".join(lines)
                lines, first, size = [], number, 0
            lines.append(line)
            size += len(line)
    if lines:
        yield first, b"".join(lines)


def add_answer(total: ImportAnswer | None, answer: ImportAnswer, first_line: int) -> ImportAnswer:
    """The sum of two answers; refused lines are numbered in the whole file."""
    moved = [line.model_copy(update={"line": line.line + first_line - 1}) for line in answer.refused_lines]
    answer = answer.model_copy(update={"refused_lines": moved})
    if total is None:
        return answer
    counts = {name: getattr(total, name) + getattr(answer, name) for name in _SUMMED}
    by_code = Counter(total.refused_by_code) + Counter(answer.refused_by_code)
    return answer.model_copy(
        update={
            **counts,
            "refused_by_code": dict(by_code),
            "refused_lines": total.refused_lines + answer.refused_lines,
        }
    )

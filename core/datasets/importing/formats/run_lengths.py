"""The box around a mask that COCO stores as run lengths, a list of numbers or packed into text."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.datasets.importing.formats.fields import items, number, side

Corners = tuple[float, float, float, float]
_NOTHING = (None, None, None, None)


def box_of_runs(mask: Mapping[str, Any]) -> Corners | tuple[None, None, None, None]:
    """The corners around a mask, with `counts` and `size` (height, width); Nones for what is no mask.

    Runs go down the columns from the left, of background and mask in turn.
    """
    size = [side(each) for each in items(mask.get("size"))]
    if len(size) != 2 or size[0] is None or size[1] is None:
        return _NOTHING
    height, whole = size[0], size[0] * size[1]
    said = mask.get("counts")
    counts = _unpacked(said) if isinstance(said, str) else (number(each) for each in items(said))
    at, is_mask, left, right, top, bottom = 0, False, whole, -1, height, -1
    for count in counts:
        if count is None or count < 0 or at + count > whole:
            return _NOTHING
        end = at + int(count)
        if is_mask and end > at:
            (first, upper), (last, lower) = divmod(at, height), divmod(end - 1, height)
            left, right = min(left, first), max(right, last)
            top, bottom = (min(top, upper), max(bottom, lower)) if first == last else (0, height - 1)
        at, is_mask = end, not is_mask
    # A mask without a pixel has a box without an area.
    return (0.0, 0.0, 0.0, 0.0) if right < 0 else (float(left), float(top), right + 1.0, bottom + 1.0)


def _unpacked(text: str) -> Iterator[float | None]:
    """The numbers of COCO's packed text: five bits a character, as differences to the number before last."""
    before: tuple[int, int] = (0, 0)
    value, bits, place = 0, 0, 0
    for character in text:
        code = ord(character) - 48
        if not 0 <= code < 64 or bits > 60:
            yield None
            return
        value |= (code & 31) << bits
        bits += 5
        if code & 32:
            continue
        if code & 16:
            value -= 1 << bits
        value += before[0] if place > 2 else 0
        yield value
        before, place = (before[1], value), place + 1
        value, bits = 0, 0
    if bits:
        yield None

"""Read the values of JSON, YAML and CSV, where anything may stand in any place."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.labels.annotation import AnnotatedObject, annotated_object


def number(value: object) -> float | None:
    """A finite number, also one written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def text(value: object) -> str | None:
    """Text without spaces around it, also of a number; None for anything else and where it is empty."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip()[:4096] or None


def mapping(value: object) -> Mapping[str, Any]:
    """A JSON object; empty for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> Sequence[Any]:
    """A JSON array; empty for anything else."""
    return value if isinstance(value, list) else ()


def side(value: object) -> int | None:
    """A side of a picture in pixels; None for what is none, as the 0 of tools that do not know it."""
    found = number(value)
    return round(found) if found is not None and 1 <= found < 1e6 else None


def box_of_corner(
    word: str | None, x: float | None, y: float | None, w: float | None, h: float | None
) -> AnnotatedObject:
    """An object from the left upper corner, the width and the height."""
    right = None if x is None or w is None else x + w
    below = None if y is None or h is None else y + h
    return annotated_object(word, (x, y, right, below))


def box_of_middle(
    word: str | None, x: float | None, y: float | None, w: float | None, h: float | None
) -> AnnotatedObject:
    """An object from the middle, the width and the height."""
    if x is None or y is None or w is None or h is None:
        return annotated_object(word, (None, None, None, None))
    return annotated_object(word, (x - w / 2, y - h / 2, x + w / 2, y + h / 2))


def box_around(word: str | None, xs: Sequence[float | None], ys: Sequence[float | None]) -> AnnotatedObject:
    """The upright box around the points of a shape; without a readable box if one is no number."""
    known_xs, known_ys = [x for x in xs if x is not None], [y for y in ys if y is not None]
    if not known_xs or len(known_xs) != len(xs) or len(known_ys) != len(ys):
        return annotated_object(word, (None, None, None, None))
    return annotated_object(word, (min(known_xs), min(known_ys), max(known_xs), max(known_ys)))

"""Slices of a test set with metrics of their own: by face size, blur, source and kind of mask."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.labelled_face import LabelledFace

#: Lower bounds in pixels: square root of the area of the box.
_SIZES = (0, 16, 32, 64, 128)
#: Lower bounds of the variance of the Laplacian at 112 px.
_BLURS = {"very blurred": 0, "blurred": 30, "fairly sharp": 150, "sharp": 600}
#: Sources and mask kinds that get a slice of their own; rarer ones share one.
_MOST = 12


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A slice of a test set, as a boolean mask over its n faces."""

    #: `size`, `blur`, `source` or `mask kind`.
    by: str
    name: str
    chosen: NDArray[np.bool_]


def list_slices(faces: Sequence[LabelledFace]) -> list[Slice]:
    """All slices with at least one face."""
    slices = [*_by_size(faces), *_by_blur(faces), *_by_source(faces), *_by_mask_kind(faces)]
    return [each for each in slices if each.chosen.any()]


def _by_size(faces: Sequence[LabelledFace]) -> Iterator[Slice]:
    sizes = np.array([face.size for face in faces])
    yield Slice(by="size", name="32 px and more", chosen=sizes >= 32)
    for low, high in zip(_SIZES, (*_SIZES[1:], np.inf), strict=True):
        name = f"{low} px and more" if np.isinf(high) else f"{low} to {high} px"
        yield Slice(by="size", name=name, chosen=(sizes >= low) & (sizes < high))


def _by_blur(faces: Sequence[LabelledFace]) -> Iterator[Slice]:
    blurs = np.array([np.nan if face.blur is None else face.blur for face in faces])
    lows = list(_BLURS.values())
    for (name, low), high in zip(_BLURS.items(), (*lows[1:], np.inf), strict=True):
        yield Slice(by="blur", name=name, chosen=(blurs >= low) & (blurs < high))


def _by_source(faces: Sequence[LabelledFace]) -> Iterator[Slice]:
    yield from _by_name("source", [face.source for face in faces])


def _by_mask_kind(faces: Sequence[LabelledFace]) -> Iterator[Slice]:
    yield from _by_name("mask kind", [face.mask_kind for face in faces])


def _by_name(by: str, names: Sequence[str | None]) -> Iterator[Slice]:
    """A slice for each name, most frequent first; faces without a name are in no slice."""
    common = [name for name, _ in Counter(filter(None, names)).most_common(_MOST)]
    for name in common:
        yield Slice(by=by, name=name, chosen=np.array([each == name for each in names], bool))
    rest = np.array([each is not None and each not in common for each in names], bool)
    yield Slice(by=by, name="others", chosen=rest)

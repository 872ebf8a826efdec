"""The fabric of a drawn mask: colours, pleats, seams, patterns and creases."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.samples.mask_shape import MaskPosition, MaskStyle

Plane = NDArray[np.floating[Any]]

#: Colours of fabric in daylight, RGB, 0 to 255.
_SURGICAL = ((120, 180, 215), (150, 200, 225), (95, 160, 205), (235, 238, 240), (225, 230, 235),
             (150, 205, 185), (40, 42, 46), (235, 190, 205))  # fmt: skip
_FFP2 = ((240, 240, 238), (228, 229, 230), (238, 236, 228), (38, 38, 42), (150, 155, 160), (60, 80, 130))
_CLOTH = ((25, 25, 28), (45, 50, 70), (200, 195, 185), (120, 30, 40), (60, 90, 70), (90, 95, 105),
          (30, 60, 120), (225, 220, 210), (170, 120, 90), (205, 160, 60), (110, 70, 120),
          (215, 120, 140))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MaskGrid:
    """Position on the mask and distance to its edge for each pixel of a rectangle, (h, w) each."""

    #: -1 at the mask's left edge in the picture, 0 on its middle line, 1 at the right edge.
    across: Plane
    #: 0 at the mask's upper edge, 1 at its lower one.
    down: Plane
    #: Distance to the edge in eye-to-mouth distances.
    depth: Plane


def weave(grid: MaskGrid, style: MaskStyle, position: MaskPosition, rng: np.random.Generator) -> Plane:
    """Colour of the mask at every pixel, (h, w, 3) RGB 0 to 255, before the lighting of the photo."""
    base = _colour(style, rng)
    if style is MaskStyle.CLOTH_PATTERNED:
        cloth = _patterned(grid, base, rng)
    else:
        cloth = np.broadcast_to(base, (*grid.across.shape, 3))
    return cloth * (_relief(grid, style, position, rng) * _creases(grid, position, rng))[..., None]


def strap_colour(style: MaskStyle, rng: np.random.Generator) -> Plane:
    """RGB of ear loops and head straps: mostly white, sometimes dark, or yellow for FFP2."""
    choices = [(235, 235, 235), (215, 215, 218), (30, 30, 32)]
    if style is MaskStyle.FFP2:
        choices.append((220, 190, 90))
    return np.array(choices[rng.integers(len(choices))], np.float32)


def _colour(style: MaskStyle, rng: np.random.Generator) -> Plane:
    palette = {MaskStyle.SURGICAL: _SURGICAL, MaskStyle.FFP2: _FFP2}.get(style, _CLOTH)
    picked = np.array(palette[rng.integers(len(palette))], np.float32)
    return np.clip(picked + rng.normal(0, 8, 3), 8, 250).astype(np.float32)


def _patterned(grid: MaskGrid, base: Plane, rng: np.random.Generator) -> Plane:
    other = _colour(MaskStyle.CLOTH_PATTERNED, rng)
    if np.abs(other - base).sum() < 90:
        other = 255 - base
    pattern = (_stripes, _checks, _dots, _blotches)[rng.integers(4)]
    share = cv2.GaussianBlur(pattern(grid, rng), (0, 0), 0.6)[..., None]
    return base * (1 - share) + other * share


def _stripes(grid: MaskGrid, rng: np.random.Generator) -> Plane:
    angle, count = rng.uniform(0, np.pi), rng.uniform(10, 28)
    wave = np.sin((grid.across * np.cos(angle) + grid.down * np.sin(angle)) * count)
    return (wave > rng.uniform(-0.4, 0.6)).astype(np.float32)


def _checks(grid: MaskGrid, rng: np.random.Generator) -> Plane:
    count = rng.uniform(10, 24)
    rows = np.sin(grid.down * count) > 0
    return 0.5 * (rows.astype(np.float32) + (np.sin(grid.across * count) > 0))


def _dots(grid: MaskGrid, rng: np.random.Generator) -> Plane:
    count = rng.uniform(5, 10)
    row = np.floor(grid.down * count)
    x = (grid.across * count * 0.9 + 0.5 * (row % 2)) % 1 - 0.5
    y = (grid.down * count) % 1 - 0.5
    return (x * x + y * y < rng.uniform(0.04, 0.12)).astype(np.float32)


def _blotches(grid: MaskGrid, rng: np.random.Generator) -> Plane:
    return (_noise(grid.across.shape, rng, int(rng.integers(8, 16))) > 0.3).astype(np.float32)


def _noise(shape: tuple[int, ...], rng: np.random.Generator, cells: int) -> Plane:
    """Smooth noise with a standard deviation of about 1 and `cells` bumps a side."""
    coarse = rng.normal(size=(cells, cells)).astype(np.float32)
    return cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def _ridge(distance: Plane, width: float) -> Plane:
    """1 on a line, falling to 0 within about `width` of it."""
    return np.exp(-((distance / width) ** 2)).astype(np.float32)


def _relief(grid: MaskGrid, style: MaskStyle, position: MaskPosition, rng: np.random.Generator) -> Plane:
    """Shading by folds, seams and hems, around 1."""
    hem = rng.uniform(0.03, 0.06)
    relief = 1 - rng.uniform(0.04, 0.14) * _ridge(grid.depth - hem, 0.012)
    if style is MaskStyle.SURGICAL:
        return relief * _pleats(grid, position, rng)
    if style is MaskStyle.FFP2:
        return relief * _cup(grid, rng)
    if rng.random() < 0.5:
        relief = relief * (1 - rng.uniform(0.1, 0.25) * _ridge(grid.across, 0.025))
    return relief


def _pleats(grid: MaskGrid, position: MaskPosition, rng: np.random.Generator) -> Plane:
    """Three or four horizontal folds, each a dark line with a bright one below."""
    bent = grid.down + rng.uniform(0.02, 0.1) * (grid.across**2 - 0.3)
    folds = np.linspace(0.3, 0.75, int(rng.integers(3, 5))) + rng.normal(0, 0.015)
    depth = rng.uniform(0.08, 0.24) * (1.5 if position is MaskPosition.CHIN else 1.0)
    relief = np.ones_like(bent)
    for fold in folds:
        relief += 0.4 * depth * _ridge(bent - fold - 0.035, 0.03) - depth * _ridge(bent - fold, 0.014)
    wire = rng.uniform(0, 0.1) * _ridge(bent - 0.08, 0.02) * (np.abs(grid.across) < 0.35)
    return relief - wire


def _cup(grid: MaskGrid, rng: np.random.Generator) -> Plane:
    """A cup: a vertical seam (folded type) or horizontal panels (moulded type), with darker sides."""
    falloff = 1 - rng.uniform(0.1, 0.22) * grid.across**2
    if rng.random() < 0.6:
        lit = 1 + rng.uniform(-0.08, 0.08) * np.sign(grid.across)
        return falloff * lit * (1 - rng.uniform(0.15, 0.35) * _ridge(grid.across, 0.022))
    panels = sum(_ridge(grid.down - at - 0.08 * grid.across**2, 0.02) for at in (0.33, 0.68))
    return falloff * (1 - rng.uniform(0.1, 0.25) * panels)


def _creases(grid: MaskGrid, position: MaskPosition, rng: np.random.Generator) -> Plane:
    strength = rng.uniform(0.02, 0.06) * (2.0 if position is MaskPosition.CHIN else 1.0)
    soft = strength * _noise(grid.across.shape, rng, 7)
    fine = rng.uniform(0.005, 0.02) * rng.normal(size=grid.across.shape).astype(np.float32)
    rounded = rng.uniform(0.03, 0.16) * grid.across**2 + rng.uniform(0.0, 0.22) * (grid.down - 0.35) ** 2
    return 1.03 + soft + fine - rounded

"""Position and outline of a mask on a face, in a coordinate frame from five landmarks."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.label import Label

Points = NDArray[np.floating[Any]]

#: Distance between the eyes divided by the distance from eye line to mouth, on a frontal face.
_EYES_TO_HEIGHT = 0.867
#: Distance of the nose tip from the plane of eyes and mouth, in eye-to-mouth distances.
_NOSE_DEPTH = 0.42
_EAR = (0.97, 0.38, -1.05)


class MaskStyle(StrEnum):
    """Kinds of mask; colour and details are random within a kind."""

    SURGICAL = "surgical"
    CLOTH_PLAIN = "cloth_plain"
    CLOTH_PATTERNED = "cloth_patterned"
    FFP2 = "ffp2"


class MaskPosition(StrEnum):
    """How the mask is worn."""

    #: From the nose bridge to under the chin.
    WORN = "worn"
    #: Mouth and chin covered, nose bare.
    UNDER_NOSE = "under_nose"
    #: Below the mouth.
    CHIN = "chin"

    @property
    def label(self) -> Label:
        """The correct label of a face with a mask in this position."""
        return Label.WITH_MASK if self is MaskPosition.WORN else Label.INCORRECT


@dataclass(frozen=True, kw_only=True)
class FaceFrame:
    """A face's coordinate frame: u across (to the right if upright), v down, origin between the eyes.

    One unit is the distance from the eye line to the mouth, so the mouth is at v = 1; depth z points to the
    viewer. `turn` is the sine of the head's yaw, positive if the nose points along u.
    """

    origin: Points
    across: Points
    down: Points
    width_unit: float
    height_unit: float
    turn: float
    #: v of the nose tip: 0.5 straight on, less when the head looks up.
    nose: float

    @classmethod
    def of(cls, landmarks: Points) -> "FaceFrame":
        """Frame of five landmarks, (5, 2) pixels: eyes, nose tip, mouth corners, the person's right first.

        Raises ValueError if eyes and mouth coincide.
        """
        points = np.asarray(landmarks, np.float32)
        if points.shape != (5, 2):
            raise ValueError(f"landmarks must be (5, 2), not {points.shape}")
        eyes, mouth = points[:2].mean(0), points[3:].mean(0)
        height = float(np.linalg.norm(mouth - eyes))
        if height < 1:
            raise ValueError("eyes and mouth are less than a pixel apart")
        down = (mouth - eyes) / height
        across = _across(points, down)
        nose_at = float(np.clip((points[2] - eyes) @ down / height, 0.3, 0.75))
        offset = float((points[2] - eyes - nose_at * (mouth - eyes)) @ across) / height
        turn = float(np.clip(offset / _NOSE_DEPTH, -0.9, 0.9))
        seen = float((points[1] - points[0]) @ across) / _EYES_TO_HEIGHT / max(np.sqrt(1 - turn**2), 0.5)
        return cls(
            origin=eyes, across=across, down=down, height_unit=height, turn=turn, nose=nose_at,
            width_unit=float(np.clip(seen, 0.9 * height, 1.25 * height)),
        )  # fmt: skip

    def flatten(self, solid: Points) -> Points:
        """Project (n, 3) points u, v, z to visible (n, 2) u, v; the nose hides the far cheek."""
        u, v, z = solid.T
        seen = u * np.sqrt(1 - self.turn**2) + z * self.turn
        ridge = (self.ridge(v) + 0.06) * self.turn
        if self.turn > 0:
            seen = np.where(u > 0.1, np.maximum(seen, ridge + 0.1 * np.minimum(u, 0.5)), seen)
        else:
            seen = np.where(u < -0.1, np.minimum(seen, ridge + 0.1 * np.maximum(u, -0.5)), seen)
        return np.stack([seen, v], 1).astype(np.float32)

    def ridge(self, v: Points) -> Points:
        """Depth of the middle line of a worn mask at v."""
        return np.clip(0.38 - 0.35 * (v - 0.75) ** 2, 0, None).astype(np.float32)

    def pixels(self, seen: Points) -> Points:
        """Convert visible (n, 2) u, v to (n, 2) x, y in pixels."""
        across, down = self.across * self.width_unit, self.down * self.height_unit
        return (self.origin + seen[:, :1] * across + seen[:, 1:] * down).astype(np.float32)

    def grid(self, left: int, top: int, width: int, height: int) -> tuple[Points, Points]:
        """Visible u and v of every pixel of a rectangle, each (height, width)."""
        basis = np.stack([self.across * self.width_unit, self.down * self.height_unit], 1)
        inverse = np.linalg.inv(basis).astype(np.float32)
        x = np.arange(left, left + width, dtype=np.float32)[None, :] - self.origin[0]
        y = np.arange(top, top + height, dtype=np.float32)[:, None] - self.origin[1]
        return inverse[0, 0] * x + inverse[0, 1] * y, inverse[1, 0] * x + inverse[1, 1] * y


def _across(points: Points, down: Points) -> Points:
    """The axis across the face: halfway between the direction of eyes and mouth and the normal of `down`."""
    seen = points[1] - points[0] + points[4] - points[3]
    normal = np.array([down[1], -down[0]], np.float32)
    if seen @ normal < 0:
        normal = -normal
    mixed = normal + seen / max(float(np.linalg.norm(seen)), 1e-6)
    return (mixed / np.linalg.norm(mixed)).astype(np.float32)


def outline(frame: FaceFrame, style: MaskStyle, position: MaskPosition, rng: np.random.Generator) -> Points:
    """The mask's edge as a smooth closed polygon, (n, 2) visible u, v."""
    half = _half_outline(frame, style, position, rng)
    half = half + np.array([0.025, 0.03, 0.0], np.float32) * rng.normal(size=half.shape).astype(np.float32)
    half[:, 0] *= rng.uniform(0.92, 1.06)
    half[[0, -1], 0] = 0
    other = half[-2:0:-1] * np.array([-1, 1, 1], np.float32)
    other[:, :2] += 0.015 * rng.normal(size=(len(other), 2)).astype(np.float32)
    solid = np.concatenate([half, other])
    solid[:, 1] += solid[:, 0] * rng.normal(0, 0.03)
    return _smooth(_smooth(frame.flatten(solid.astype(np.float32))))


def _half_outline(
    frame: FaceFrame, style: MaskStyle, position: MaskPosition, rng: np.random.Generator
) -> Points:
    """(n, 3) u, v, z from the middle of the upper edge to the middle of the lower one."""
    bridge = 0.6 * frame.nose
    if position is MaskPosition.CHIN:
        rows = [(0, 1.27, 0.12), (0.3, 1.22, 0.02), (0.6, 1.08, -0.22), (0.8, 0.98, -0.5),
                (0.8, 1.25, -0.5), (0.55, 1.7, -0.2), (0.25, 1.93, -0.02), (0, 1.97, 0.0)]  # fmt: skip
    elif style is MaskStyle.FFP2:
        rows = [(0, bridge - 0.05, 0.28), (0.17, bridge + 0.04, 0.22), (0.45, 0.58, 0.02), (0.72, 0.84, -0.3),
                (0.74, 1.1, -0.36), (0.55, 1.48, -0.2), (0.25, 1.75, 0.0), (0, 1.8, 0.06)]  # fmt: skip
    else:
        rows = [(0, bridge, 0.24), (0.2, bridge + 0.06, 0.14), (0.5, 0.5, -0.05), (0.78, 0.62, -0.42),
                (0.84, 0.92, -0.5), (0.78, 1.22, -0.45), (0.52, 1.58, -0.15), (0.22, 1.78, 0.0),
                (0, 1.82, 0.04)]  # fmt: skip
    half = np.array(rows, np.float32)
    if position is MaskPosition.UNDER_NOSE:
        # From just below the nose tip down to the upper lip; the loops pull the sides up.
        top = min(frame.nose + rng.uniform(0.12, 0.36), 0.9)
        half[:, 1] = top + (half[:, 1] - half[0, 1]) * (1.9 - top) / (1.85 - half[0, 1])
        half[:, 1] -= rng.uniform(0.0, 0.24) * np.abs(half[:, 0])
    elif position is MaskPosition.CHIN:
        # From below the lower lip down to the neck, whole or folded into a band.
        lowest = half[-1, 1]
        half[:, 1] += rng.uniform(-0.06, 0.1) + (half[:, 1] - lowest) * rng.uniform(-0.15, 0.0)
        half[:, 1] += rng.uniform(0.0, 0.2) * (half[:, 1] > 1.5)
    return half


def _smooth(polygon: Points) -> Points:
    """One round of Chaikin's corner cutting on a closed polygon."""
    following = np.roll(polygon, -1, 0)
    cut = np.stack([0.75 * polygon + 0.25 * following, 0.25 * polygon + 0.75 * following], 1)
    return cut.reshape(-1, 2).astype(np.float32)


def straps(frame: FaceFrame, edge: Points, style: MaskStyle) -> list[Points]:
    """Lines of (3, 2) visible u, v from the mask's sides towards the visible ears."""
    lines = []
    for side in (-1.0, 1.0):
        ear = frame.flatten(np.array([[side * _EAR[0], _EAR[1], _EAR[2]]], np.float32))[0]
        outer = edge[np.argmax(edge[:, 0] * side)]
        if (ear[0] - outer[0]) * side < 0.03:
            continue
        inner = edge[edge[:, 0] * side > outer[0] * side - 0.2]
        ends = (inner[inner[:, 1].argmin()], inner[inner[:, 1].argmax()])
        lifts = (-0.02, 0.3 if style is MaskStyle.FFP2 else 0.12)
        for start, lift in zip(ends, lifts, strict=True):
            goal = ear + np.array([0.0, lift], np.float32)
            lines.append(np.stack([start, (start + goal) / 2 + np.array([0, 0.02], np.float32), goal]))
    return lines


def coverage(polygon: Points, left: int, top: int, width: int, height: int) -> Points:
    """Share of each pixel of a rectangle that a polygon in pixels covers, (height, width), 0 to 1."""
    canvas = np.zeros((height, width), np.uint8)
    fixed = np.round((polygon - np.array([left, top], np.float32)) * 16).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], 255, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) / 255

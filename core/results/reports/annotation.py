"""Draw boxes and labels into a photo, in the colours of charts and legends."""

from collections.abc import Sequence
from functools import lru_cache
from statistics import median

from PIL import Image, ImageDraw, ImageFont

from core.labels.final_label import DecidedLabel, FinalLabel
from core.number_text import percent
from core.results.reports.rows import FaceRow

#: sRGB. Distinguishable with every kind of colour blindness; colours always come with text.
LABEL_COLOURS: dict[FinalLabel, tuple[int, int, int]] = {
    FinalLabel.WITH_MASK: (0, 130, 110),
    FinalLabel.WITHOUT_MASK: (208, 66, 0),
    FinalLabel.INCORRECT: (105, 50, 190),
    FinalLabel.INDETERMINATE: (70, 76, 86),
    FinalLabel.NOT_LABELLED: (72, 48, 0),
}


#: Line thickness of a box as a fraction of the photo's mean side, and its bounds in pixels.
_THICKNESS = 1 / 360


_THINNEST, _THICKEST = 2, 14


#: Most line thickness as a fraction of the median face side.
_OF_FACE = 1 / 14


#: Text height in line thicknesses, and the smallest readable one in pixels.
_LETTERS, _SMALLEST_LETTERS = 6, 11


#: What a box says of decisions that give no label.
_DECIDED = {DecidedLabel.CONFLICT: "people disagree", DecidedLabel.CANNOT_TELL: "can't tell"}


Corners = tuple[float, float, float, float]


def hex_colour(label: FinalLabel) -> str:
    """The colour in CSS notation."""
    red, green, blue = LABEL_COLOURS[label]
    return f"#{red:02x}{green:02x}{blue:02x}"


def annotate(
    image: Image.Image, faces: Sequence[FaceRow], *, scale: float = 1.0, named: FaceRow | None = None
) -> None:
    """Draw faces that count into `image` (mode RGB), which has `scale` pixels for one of the full-size photo.

    Words stand beside every colour, or at the face `named` alone; an indeterminate face has a dashed box.
    """
    draw = ImageDraw.Draw(image)
    boxes = [(face, _corners(face, scale)) for face in faces]
    thickness = _fitting_thickness(image.size, [box for _, box in boxes])
    for face, box in boxes:
        _draw_box(draw, box, face.final, thickness)
    # Text after all boxes, so that no line crosses a word; the least certain face is on top.
    for face, box in sorted(boxes, key=lambda item: -_sureness(item[0])):
        if named is None or face.face_id == named.face_id:
            _draw_name(draw, box, face, thickness, image.size)


def name_of(face: FaceRow) -> str:
    """The text at a box: its final label, and what it rests on."""
    if face.decided is not None:
        return f"{face.final.words}, {_DECIDED.get(face.decided.label, 'decided')}"
    # Rounded down, so that only 1.0 shows as 100%.
    return face.final.words if face.score is None else f"{face.final.words} {percent(face.score)}"


def _sureness(face: FaceRow) -> float:
    return 1.0 if face.unsure_score is None else face.unsure_score


def line_thickness(size: tuple[int, int]) -> int:
    """Thickness of lines in pixels for a picture of this width and height."""
    return round(min(max((size[0] * size[1]) ** 0.5 * _THICKNESS, _THINNEST), _THICKEST))


def _fitting_thickness(size: tuple[int, int], boxes: Sequence[Corners]) -> int:
    """Line thickness of the picture, thinner if its faces are small."""
    if not boxes:
        return line_thickness(size)
    side = median(min(x2 - x1, y2 - y1) for x1, y1, x2, y2 in boxes)
    return min(line_thickness(size), max(_THINNEST, round(side * _OF_FACE)))


def _corners(face: FaceRow, scale: float) -> Corners:
    return face.x1 * scale, face.y1 * scale, face.x2 * scale, face.y2 * scale


def _draw_box(draw: ImageDraw.ImageDraw, box: Corners, label: FinalLabel, thickness: int) -> None:
    """Draw a coloured frame with a thin white line outside, for dark backgrounds."""
    x1, y1, x2, y2 = (round(value) for value in box)
    edge = max(1, thickness // 3)
    outer = (x1 - thickness, y1 - thickness, x2 + thickness, y2 + thickness)
    draw.rectangle(
        (outer[0] - edge, outer[1] - edge, outer[2] + edge, outer[3] + edge), outline="white", width=edge
    )
    if label is FinalLabel.INDETERMINATE:
        _draw_dashes(draw, outer, thickness)
    else:
        draw.rectangle(outer, outline=LABEL_COLOURS[label], width=thickness)


def _draw_dashes(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], thickness: int) -> None:
    """Draw a white frame with dashes in the indeterminate colour."""
    draw.rectangle(box, outline="white", width=thickness)
    x1, y1, x2, y2 = box
    colour, dash = LABEL_COLOURS[FinalLabel.INDETERMINATE], 4 * thickness
    for x in range(x1, x2, 2 * dash):
        end = min(x + dash, x2)
        draw.rectangle((x, y1, end, y1 + thickness - 1), fill=colour)
        draw.rectangle((x, y2 - thickness + 1, end, y2), fill=colour)
    for y in range(y1, y2, 2 * dash):
        end = min(y + dash, y2)
        draw.rectangle((x1, y, x1 + thickness - 1, end), fill=colour)
        draw.rectangle((x2 - thickness + 1, y, x2, end), fill=colour)


def _draw_name(
    draw: ImageDraw.ImageDraw, box: Corners, face: FaceRow, thickness: int, size: tuple[int, int]
) -> None:
    """Draw label and probability on a plate above the box, or below or inside if there is no room."""
    font = _font(_letters(face, box, thickness))
    text = name_of(face)
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    pad = max(2, thickness)
    width, height = right - left + 2 * pad, bottom - top + 2 * pad
    x = min(max(box[0] - thickness, 0), max(size[0] - width, 0))
    y = _plate_top(box, height, thickness, size[1])
    draw.rectangle((x, y, x + width, y + height), fill=LABEL_COLOURS[face.final])
    draw.text((x + pad - left, y + pad - top), text, fill="white", font=font)


def _plate_top(box: Corners, height: float, thickness: int, photo_height: int) -> float:
    if box[1] - thickness - height >= 0:
        return box[1] - thickness - height
    if box[3] + thickness + height <= photo_height:
        return box[3] + thickness
    return max(box[1], 0)


def _letters(face: FaceRow, box: Corners, thickness: int) -> int:
    """A font for the photo's size, smaller on small faces, so that labels in a crowd do not overlap."""
    usual = _LETTERS * thickness
    return round(max(min(usual, (box[2] - box[0]) / 4), _SMALLEST_LETTERS))


@lru_cache(maxsize=64)
def _font(letters: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that ships with Pillow."""
    return ImageFont.load_default(letters)

"""What stands in for a picture that was deleted when its retention ended."""

from flask import Response

from core.library.files.reading import photo_erased
from web.errors import wants_json

_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<rect width="100%" height="100%" fill="#59636e"/>
<text x="50%" y="50%" text-anchor="middle" dominant-baseline="middle" font-family="sans-serif"
 font-size="{size}" fill="#ffffff">Picture deleted</text>
</svg>
"""
#: Width of the text in its own height.
_TEXT_WIDTH = 8.5


def deleted_picture(width: int, height: int) -> Response:
    """A drawing of this size that says so, with status 410; raises InputError photo_erased for programs.

    Browsers show the picture of an answer whatever its status is.
    """
    if wants_json():
        raise photo_erased()
    size = max(8, round(min(width / _TEXT_WIDTH, height / 2)))
    drawn = _SVG.format(width=width, height=height, size=size)
    response = Response(drawn, status=410, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response

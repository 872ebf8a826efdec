"""The headers of the protocol, and which addresses speak it."""

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, Response, current_app, request
from werkzeug.http import http_date

from core.errors import InputError
from models import Upload
from web.extension import settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ViewT = TypeVar("ViewT", bound=Callable[..., Any])

CONTENT_TYPE = "application/offset+octet-stream"
VERSION = "1.0.0"
_EXTENSIONS = "creation,creation-with-upload,termination,expiration"
_LONGEST_NUMBER = 18
#: Methods that POST may name.
_NAMED = ("PATCH", "DELETE")


def speak_tus(app: Flask) -> None:
    """Add the headers of the protocol to every answer of its addresses, also to errors."""
    app.after_request(_add_headers)
    app.wsgi_app = _with_named_method(app.wsgi_app)  # type: ignore[assignment, method-assign]


def speaks_tus(view: ViewT) -> ViewT:
    """Declare a view whose answers have the headers of the protocol."""
    view.speaks_tus = True  # type: ignore[attr-defined]
    return view


def is_tus_request() -> bool:
    """Whether the address speaks the protocol: its bodies are bytes of files, of any size."""
    return getattr(current_app.view_functions.get(request.endpoint or ""), "speaks_tus", False)


def require_version() -> None:
    """Raise InputError tus_version_expected for a request of another version."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise InputError("tus_version_expected", f"Send “Tus-Resumable: {VERSION}”.")


def read_number(header: str) -> int:
    """The number of bytes in a header. Raises InputError upload_header_invalid."""
    given = request.headers.get(header, "")
    if not (given.isascii() and given.isdigit() and len(given) <= _LONGEST_NUMBER):
        raise InputError("upload_header_invalid", f"Send “{header}” with a number of bytes.")
    return int(given)


def read_metadata() -> tuple[bytes, int | None]:
    """The name of the file, raw bytes, and its number, if the client numbers its files.

    Raises InputError upload_header_invalid.
    """
    found: dict[str, bytes] = {}
    try:
        for pair in request.headers.get("Upload-Metadata", "").split(","):
            key, _, value = pair.strip().partition(" ")
            found[key] = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("upload_header_invalid", "“Upload-Metadata” is not key and base64.") from error
    name, number = found.get("filename", b""), found.get("number")
    if not name or (number is not None and not (number.isdigit() and len(number) <= _LONGEST_NUMBER)):
        raise InputError(
            "upload_header_invalid", "“Upload-Metadata” needs a filename, and may have a number, 0, 1, 2 …"
        )
    return name, None if number is None else int(number)


def end_header(upload: Upload) -> dict[str, str]:
    """The header that says when an upload that no job reads expires."""
    return {} if upload.closed_at is not None else {"Upload-Expires": http_date(upload.expires_at)}


def _with_named_method(wsgi_app: "WSGIApplication") -> "WSGIApplication":
    """Some networks let no PATCH or DELETE pass: the protocol lets POST name them."""

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        named = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "")
        if "HTTP_TUS_RESUMABLE" in environ and environ["REQUEST_METHOD"] == "POST" and named in _NAMED:
            environ["REQUEST_METHOD"] = named
        return wsgi_app(environ, start)

    return answer


def _add_headers(response: Response) -> Response:
    if is_tus_request():
        response.headers["Tus-Resumable"] = VERSION
        response.headers["Tus-Version"] = VERSION
        if request.method == "OPTIONS":
            response.headers["Tus-Extension"] = _EXTENSIONS
            response.headers["Tus-Max-Size"] = str(settings().max_upload_bytes)
    return response

"""Pages that update themselves, and choices in a page's address."""

from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

from flask import Response, make_response, render_template, request, session
from flask_wtf.csrf import generate_csrf

from core.errors import InputError

Choice = TypeVar("Choice", bound=StrEnum)


def chosen(kind: type[Choice], name: str) -> Choice | None:
    """The enum member that a query argument names, None without one; InputError option_invalid."""
    given = request.args.get(name, "")
    if not given:
        return None
    try:
        return kind(given)
    except ValueError as error:
        raise InputError("option_invalid", f"{name} cannot be {given!r}.") from error


def live_page(template: str, **context: object) -> Response:
    """Render the page; only its `<main>` for the script, which sends the header `Maskloop-Live`.

    An unchanged `<main>` is answered with 304. Its ETag is computed with the session's CSRF token in place of
    the signed one, which changes every second.
    """
    live = "Maskloop-Live" in request.headers
    response = make_response(
        render_template(template, layout="live.html" if live else "base.html", **context)
    )
    response.vary.add("Maskloop-Live")
    if live:
        token = generate_csrf()
        shown = response.get_data(as_text=True).replace(token, session["csrf_token"])
        response.set_etag(sha256(shown.encode()).hexdigest())
        response.make_conditional(request)
    return response

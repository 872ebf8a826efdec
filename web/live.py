"""Pages that keep themselves up to date: the same address answers whole, or as the part that changes."""

from hashlib import sha256

from flask import Response, make_response, render_template, request, session
from flask_wtf.csrf import generate_csrf


def live_page(template: str, **context: object) -> Response:
    """The page; for our script, which asks with `Maskloop-Live`, its `<main>` alone.

    An unchanged part costs a 304: the answer's ETag is made from its text. The form token in it is signed
    anew each second, but stays good for as long as the session's own is the same, which counts in its place.
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

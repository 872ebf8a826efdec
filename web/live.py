"""Pages that keep themselves up to date: the same address answers whole, or as the part that changes."""

from flask import Response, make_response, render_template, request


def live_page(template: str, **context: object) -> Response:
    """The page; for our script, which asks with `Maskloop-Live`, its `<main>` alone.

    An unchanged part costs a 304: the answer's ETag is made from its bytes.
    """
    live = "Maskloop-Live" in request.headers
    response = make_response(
        render_template(template, layout="live.html" if live else "base.html", **context)
    )
    response.vary.add("Maskloop-Live")
    if live:
        response.add_etag()
        response.make_conditional(request)
    return response

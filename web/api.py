"""What monitors ask: health, whether the process lives and is ready, and metrics."""

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from core.live.seats import Seats
from web.extension import database, settings
from web.system.health import read_readiness, read_service_health
from web.system.metrics import SharedScrape, write_metrics
from web.system.metrics_access import require_metrics_access
from web.system.scrape import read_scrape

api = Blueprint("api", __name__)


@api.get("/health")
def health() -> ResponseReturnValue:
    """200 while every check holds, else 503; needs no account."""
    found = read_service_health(database(), settings())
    body = jsonify(found.to_json())
    body.headers["Cache-Control"] = "no-store"
    return body, 200 if found.ok else 503


@api.get("/livez")
def live() -> ResponseReturnValue:
    """200 while this web process answers at all; asks nothing else."""
    return _plain("ok", 200)


@api.get("/readyz")
def ready() -> ResponseReturnValue:
    """200 while this web process can answer pages: the database answers and has its tables."""
    check = read_readiness(database(), settings())
    return _plain(check.sentence, 200 if check.ok else 503)


@api.get("/metrics")
def metrics() -> ResponseReturnValue:
    """The metrics of the service in the format of Prometheus."""
    require_metrics_access()
    shared: SharedScrape = current_app.extensions["scrape"]
    seats: Seats = current_app.extensions["seats"]
    scrape = shared.get(lambda: read_scrape(database(), settings(), seats))
    body, content_type = write_metrics(scrape, request.headers.get("Accept", ""))
    return Response(body, content_type=content_type, headers={"Cache-Control": "no-store"})


def _plain(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, mimetype="text/plain", headers={"Cache-Control": "no-store"})

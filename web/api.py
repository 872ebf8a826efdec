"""Health, for monitoring."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from web.extension import database, settings
from web.system.health import read_service_health

api = Blueprint("api", __name__)


@api.get("/health")
def health() -> ResponseReturnValue:
    """200 while every check holds, else 503; needs no account."""
    found = read_service_health(database(), settings())
    body = jsonify(found.to_json())
    body.headers["Cache-Control"] = "no-store"
    return body, 200 if found.ok else 503

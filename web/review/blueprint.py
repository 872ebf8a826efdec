"""The blueprint that every view of review hangs on."""

from flask import Blueprint

review = Blueprint("review", __name__, url_prefix="/review")

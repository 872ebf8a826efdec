"""The blueprint of all review views."""

from flask import Blueprint

review = Blueprint("review", __name__, url_prefix="/review")

"""Registers all views of review with the blueprint by importing them."""

from web.review import deciding, face, guide, queues, trust
from web.review.blueprint import review

VIEWS = (deciding, face, guide, queues, trust)

__all__ = ["VIEWS", "review"]

"""The blueprint with all of its views; importing them registers them."""

from web.review import deciding, face, queues, trust
from web.review.blueprint import review

VIEWS = (deciding, face, queues, trust)

__all__ = ["VIEWS", "review"]

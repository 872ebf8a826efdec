"""The blueprint of the API with every operation: importing a module of a tag declares its operations."""

from web.api_v1 import conflicts, decision_lines, jobs, queues, results, tokens  # noqa: F401
from web.api_v1.document import api_v1

__all__ = ["api_v1"]

# Made of the OpenAPI document by `generate_models.py`.
"""What the service answers, by topic; fields of later releases are kept, see `model_extra`."""

from maskloop_client.models.jobs import Event, FaceCounts, JobAnswer, JobWithProgress, PhotoCounts, Progress
from maskloop_client.models.results import ResultFace, ResultPhoto
from maskloop_client.models.tokens import NewToken, Token

__all__ = [
    "Event",
    "FaceCounts",
    "JobAnswer",
    "JobWithProgress",
    "NewToken",
    "PhotoCounts",
    "Progress",
    "ResultFace",
    "ResultPhoto",
    "Token",
]

# Made of the OpenAPI document by `generate_models.py`.
"""What the service answers, by topic; fields of later releases are kept, see `model_extra`."""

from maskloop_client.models.conflicts import Conflict, Opinion
from maskloop_client.models.datasets import ChangedFace, Dataset, DatasetComparison, DatasetFace, OneDataset
from maskloop_client.models.duplicates import Acceptance, DuplicateGroup, GroupPhoto, Kept, Parted
from maskloop_client.models.jobs import Event, JobWithProgress, Progress
from maskloop_client.models.queues import (
    ItemOutcome,
    OneQueue,
    Queue,
    QueueAnswer,
    QueueFace,
    QueueOptions,
    ShownPrediction,
    WaitingFaces,
)
from maskloop_client.models.results import ResultFace, ResultPhoto
from maskloop_client.models.review import ImportAnswer, Refused
from maskloop_client.models.schedules import Run, Schedule
from maskloop_client.models.shared import Evaluation, FaceCounts, JobAnswer, PhotoCounts
from maskloop_client.models.tokens import NewToken, Token
from maskloop_client.models.uploads import UploadAnswer, UploadedFile
from maskloop_client.models.versions import (
    Gate,
    LabelChange,
    OneEvaluation,
    OneVersion,
    Promotion,
    TestFace,
    Version,
    VersionComparison,
    VersionFile,
)

__all__ = [
    "Acceptance",
    "ChangedFace",
    "Conflict",
    "Dataset",
    "DatasetComparison",
    "DatasetFace",
    "DuplicateGroup",
    "Evaluation",
    "Event",
    "FaceCounts",
    "Gate",
    "GroupPhoto",
    "ImportAnswer",
    "ItemOutcome",
    "JobAnswer",
    "JobWithProgress",
    "Kept",
    "LabelChange",
    "NewToken",
    "OneDataset",
    "OneEvaluation",
    "OneQueue",
    "OneVersion",
    "Opinion",
    "Parted",
    "PhotoCounts",
    "Progress",
    "Promotion",
    "Queue",
    "QueueAnswer",
    "QueueFace",
    "QueueOptions",
    "Refused",
    "ResultFace",
    "ResultPhoto",
    "Run",
    "Schedule",
    "ShownPrediction",
    "TestFace",
    "Token",
    "UploadAnswer",
    "UploadedFile",
    "Version",
    "VersionComparison",
    "VersionFile",
    "WaitingFaces",
]

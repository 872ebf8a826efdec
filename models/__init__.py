"""SQLAlchemy tables, one file each; importing this package registers all of them."""

from models.account import Account, SignInLink
from models.base import Base
from models.batch import Batch, BatchKind, BatchState
from models.classifier_version import ClassifierVersion
from models.dataset import Dataset, DatasetFace
from models.decision import Decision
from models.duplicate import DuplicateGroup, DuplicateMember, DuplicateState, Likeness, NotSame
from models.evaluation import Evaluation
from models.extraction import Extraction
from models.face import Face
from models.job import Job, JobKind, JobState
from models.job_event import EventLevel, JobEvent
from models.job_photo import JobPhoto, JobPhotoState
from models.label import Label
from models.photo import Photo
from models.prediction import Prediction
from models.promotion import Promotion, PromotionKind
from models.report import Report, ReportFormat, ReportState
from models.schedule import Overlap, RunState, Schedule, ScheduleRun
from models.source import Source, SourceKind
from models.split import Split, SplitGroup
from models.training_epoch import TrainingEpoch, TrainingStage
from models.upload import Upload, UploadFile
from models.version_file import VersionFile, VersionFileKind

__all__ = [
    "Account",
    "Base",
    "Batch",
    "BatchKind",
    "BatchState",
    "ClassifierVersion",
    "Dataset",
    "DatasetFace",
    "Decision",
    "DuplicateGroup",
    "DuplicateMember",
    "DuplicateState",
    "Evaluation",
    "EventLevel",
    "Extraction",
    "Face",
    "Job",
    "JobEvent",
    "JobKind",
    "JobPhoto",
    "JobPhotoState",
    "JobState",
    "Label",
    "Likeness",
    "NotSame",
    "Overlap",
    "Photo",
    "Prediction",
    "Promotion",
    "PromotionKind",
    "Report",
    "ReportFormat",
    "ReportState",
    "RunState",
    "Schedule",
    "ScheduleRun",
    "SignInLink",
    "Source",
    "SourceKind",
    "Split",
    "SplitGroup",
    "TrainingEpoch",
    "TrainingStage",
    "Upload",
    "UploadFile",
    "VersionFile",
    "VersionFileKind",
]

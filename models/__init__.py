"""SQLAlchemy tables, one file each; importing this package registers them all."""

from models.account import Account, AccountQueue, AccountSeries, BrowserSession, Role, SignInLink
from models.activity import Activity, ActivityKind
from models.agreement import Agreement
from models.api_token import ApiToken, IdempotencyKey, Scope
from models.audit import AuditFace, AuditPhoto, AuditSample, AuditStratum, ShareTarget
from models.base import Base
from models.batch import Batch, BatchState
from models.box_edit import BoxEdit, BoxEditKind
from models.classifier_version import ClassifierVersion
from models.crawl_hit import CrawlHit, HitOutcome
from models.crawl_search import CrawlSearch
from models.crawl_slot import CrawlSlot
from models.dataset import Dataset, DatasetFace
from models.decision import Decision
from models.detector_version import DetectorPromotion, DetectorVersion
from models.download_link import DownloadLink
from models.duplicate import DuplicateGroup, DuplicateMember, DuplicateState, Likeness, NotSame
from models.evaluation import Evaluation
from models.external_identity import ExternalIdentity
from models.extraction import Extraction
from models.face import DRAWN, BoxState, Face, box_is_current
from models.face_flag import FaceFlag
from models.final_count import FinalCount, FinalSum
from models.folder_watch import FolderWatch, TakenFile, WatchMethod, WatchState
from models.gold_face import GoldFace
from models.guide_version import GuideVersion
from models.heartbeat import Heartbeat, ServicePart
from models.import_count import ImportCount
from models.installation import Installation
from models.job import Job, JobState
from models.job_event import EventLevel, JobEvent
from models.job_photo import JobPhoto, JobPhotoState
from models.label import CHOICES, Choice, Label, NoLabel, label_of, read_choice
from models.photo import Photo
from models.photo_embedding import PhotoEmbedding
from models.prediction import Prediction
from models.promotion import Promotion, PromotionKind
from models.report import Report, ReportFormat, ReportState
from models.review_action import ReviewAction
from models.review_day import ReviewDay
from models.review_item import FIRST_SLOT, GOLD_SLOT, SECOND_SLOT, THIRD_SLOT, ItemState, ReviewItem
from models.review_queue import QueueState, ReviewQueue, ReviewReason
from models.schedule import Overlap, RunState, Schedule, ScheduleRun, Trigger
from models.sign_in_attempt import SignInAttempt
from models.similar_photos import SimilarPhotos
from models.source import Source, SourceKind
from models.split import Split, SplitGroup
from models.takedown import RemovedPhoto, Takedown, TakedownBy
from models.training_epoch import TrainingEpoch, TrainingStage
from models.upload import Upload, UploadFile
from models.version_file import VersionFile, VersionFileKind
from models.webhook import DeliveryState, EventType, Webhook, WebhookDelivery, WebhookState
from models.work_count import RequestCount, WorkCount, WorkEvent

__all__ = [
    "CHOICES",
    "DRAWN",
    "FIRST_SLOT",
    "GOLD_SLOT",
    "SECOND_SLOT",
    "THIRD_SLOT",
    "Account",
    "AccountQueue",
    "AccountSeries",
    "Activity",
    "ActivityKind",
    "Agreement",
    "ApiToken",
    "AuditFace",
    "AuditPhoto",
    "AuditSample",
    "AuditStratum",
    "Base",
    "Batch",
    "BatchState",
    "BoxEdit",
    "BoxEditKind",
    "BoxState",
    "BrowserSession",
    "Choice",
    "ClassifierVersion",
    "CrawlHit",
    "CrawlSearch",
    "CrawlSlot",
    "Dataset",
    "DatasetFace",
    "Decision",
    "DeliveryState",
    "DetectorPromotion",
    "DetectorVersion",
    "DownloadLink",
    "DuplicateGroup",
    "DuplicateMember",
    "DuplicateState",
    "Evaluation",
    "EventLevel",
    "EventType",
    "ExternalIdentity",
    "Extraction",
    "Face",
    "FaceFlag",
    "FinalCount",
    "FinalSum",
    "FolderWatch",
    "GoldFace",
    "GuideVersion",
    "Heartbeat",
    "HitOutcome",
    "IdempotencyKey",
    "ImportCount",
    "Installation",
    "ItemState",
    "Job",
    "JobEvent",
    "JobPhoto",
    "JobPhotoState",
    "JobState",
    "Label",
    "Likeness",
    "NoLabel",
    "NotSame",
    "Overlap",
    "Photo",
    "PhotoEmbedding",
    "Prediction",
    "Promotion",
    "PromotionKind",
    "QueueState",
    "RemovedPhoto",
    "Report",
    "ReportFormat",
    "ReportState",
    "RequestCount",
    "ReviewAction",
    "ReviewDay",
    "ReviewItem",
    "ReviewQueue",
    "ReviewReason",
    "Role",
    "RunState",
    "Schedule",
    "ScheduleRun",
    "Scope",
    "ServicePart",
    "ShareTarget",
    "SignInAttempt",
    "SignInLink",
    "SimilarPhotos",
    "Source",
    "SourceKind",
    "Split",
    "SplitGroup",
    "Takedown",
    "TakedownBy",
    "TakenFile",
    "TrainingEpoch",
    "TrainingStage",
    "Trigger",
    "Upload",
    "UploadFile",
    "VersionFile",
    "VersionFileKind",
    "WatchMethod",
    "WatchState",
    "Webhook",
    "WebhookDelivery",
    "WebhookState",
    "WorkCount",
    "WorkEvent",
    "box_is_current",
    "label_of",
    "read_choice",
]

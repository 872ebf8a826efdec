"""Trained detectors and boxed photos for tests."""

from dataclasses import replace

from sqlalchemy.orm import Session

from core.database import read_clock
from core.detection.weights import YUNET
from core.settings import Settings
from core.versions.detectors.gate import DetectorEvaluation, DetectorMetrics, SizeRecall
from core.versions.detectors.store import register_detector, write_evaluation
from core.versions.files import version_files
from models import DRAWN, DetectorVersion, Face, Photo, Split, SplitGroup

METRICS = DetectorMetrics(
    ap_03=0.9,
    ap_05=0.8,
    recall=0.95,
    sizes=(
        SizeRecall(name="0 to 16 px", faces=0, recall=None),
        SizeRecall(name="16 px and more", faces=60, recall=0.95),
    ),
    false_faces=0.5,
    milliseconds=20.0,
)
BETTER = replace(METRICS, ap_03=0.92, ap_05=0.85)


def evaluation(candidate: DetectorMetrics, *, beside: str = YUNET.sha256) -> DetectorEvaluation:
    """A detector beside YuNet, or beside the one whose file has this hash."""
    return DetectorEvaluation(
        photos=20,
        faces=60,
        content_sha256="0" * 64,
        champion_sha256=beside,
        champion_name="the installed detector",
        champion=METRICS,
        candidate=candidate,
        measured_at="2026-01-01T00:00:00+00:00",
    )


def add_detector(
    session: Session,
    settings: Settings,
    name: str,
    candidate: DetectorMetrics | None = None,
    *,
    beside: str = YUNET.sha256,
    file: bytes | None = None,
) -> DetectorVersion:
    """A version whose file is its name unless one is given; with metrics it was evaluated."""
    stored = version_files(settings).keep_bytes(file or name.encode())
    card = {
        "layout": "yunet",
        "recipe": {"steps": 100},
        "data": {"photos": {"train": {"photos": 30, "faces": 90}}, "licences": {"MIT": 30}},
        "curve": [{"step": 100, "ap_03": 0.9, "ap_05": 0.8, "recall": 0.9}],
    }
    version = register_detector(
        session, name=name, sha256=stored.sha256, size=stored.bytes, parent_id=None, card=card
    )
    if candidate is not None:
        write_evaluation(session, version.id, evaluation(candidate, beside=beside))
    return version


def add_boxed(session: Session, number: int, split: Split, *, boxed: bool = True, **photo: object) -> Photo:
    """A photo with one drawn face whose faces are all boxed, in a split group of its own."""
    now = read_clock(session)
    group = SplitGroup(key=f"{number:064}", split=split, created_at=now)
    session.add(group)
    session.flush()
    row = Photo(
        **{
            "sha256": f"{number:064x}",
            "bytes": 1,
            "width": 400,
            "height": 300,
            "format": "PNG",
            "phash": number,
            "dhash": number,
            "split_group_id": group.id,
            "boxed_at": now if boxed else None,
            "created_at": now,
            **photo,
        }
    )
    session.add(row)
    session.flush()
    session.add(
        Face(
            photo_id=row.id,
            detector_key=DRAWN,
            ordinal=0,
            x1=10,
            y1=20,
            x2=60,
            y2=80,
            score=1.0,
            landmarks=[],
            created_at=now,
        )
    )
    session.flush()
    return row

"""What an evidence pack holds besides the job's rows: report files, versions, and the audit sample."""

import json
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit.audited import Audit, DrawnFace
from core.audit.queries import find_sample, has_grown, list_strata, read_audit, stored_evidence
from core.csv_text import csv_line
from core.database import in_slices
from core.estimates.shares import estimate_shares
from core.evidence.contents import PackContents, ReportCopy
from core.evidence.signing import read_key
from core.predict.report_stage import STANDARD_REPORTS, report_files
from core.results.reports.queries import read_newest_reports
from core.settings import Settings
from models import AuditSample, Face, Job, JobPhoto

#: Libraries that read photos, find faces or classify them.
_LIBRARIES = ("ai-edge-litert", "numpy", "onnxruntime", "opencv-python-headless", "pillow", "pillow-heif")
_COLUMNS = (
    "photo", "position", "face_id", "x1", "y1", "x2", "y2", "stratum", "chance", "predicted_label",
    "sureness", "decided_label", "decided_at", "blind", "counts",
)  # fmt: skip


def _copy_of(settings: Settings, path: str, sha256: str) -> Path:
    """A report's file on this host; what is missing is told by whoever packs it."""
    files = report_files(settings)
    try:
        return files.local(path, sha256)
    except FileNotFoundError:
        return files.folder / path


def read_pack_contents(session: Session, settings: Settings, job: Job) -> PackContents:
    """The contents of a pack made now; PermanentError evidence_key_missing or evidence_key_unreadable."""
    return PackContents(
        key=read_key(settings.data),
        reports=tuple(
            ReportCopy(
                name=report.format.value,
                path=_copy_of(settings, report.path, report.sha256),
                sha256=report.sha256,
                written_at=report.finished_at,
            )
            for report in read_newest_reports(session, job.id, STANDARD_REPORTS).values()
            if report.path and report.sha256
        ),
        options=job.options,
        software={"maskloop": _version("maskloop"), "python": platform.python_version()}
        | {name: _version(name) for name in _LIBRARIES},
        files=_audit_files(session, job),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _audit_files(session: Session, job: Job) -> dict[str, bytes]:
    """The sample with its decisions, and the shares corrected by it; nothing without a sample."""
    sample = find_sample(session, job)
    if sample is None or sample.drawn_at is None:
        return {}
    audit = read_audit(session, sample)
    about = json.dumps(_about(session, job, sample, audit), indent=2).encode("ascii") + b"\n"
    return {"audit/sample.csv": _table(session, job, audit), "audit/sample.json": about}


def _about(session: Session, job: Job, sample: AuditSample, audit: Audit) -> dict[str, Any]:
    assert sample.drawn_at is not None
    outdated = has_grown(sample, job)
    estimate = None if outdated else estimate_shares(stored_evidence(session, sample, audit))
    return {
        "seed": sample.seed,
        "drawn_at": sample.drawn_at.isoformat(),
        "drawn": len(audit.faces),
        "audited": len(audit.audited),
        "decided_elsewhere": audit.seen,
        "waiting": audit.left,
        "strata": [
            {
                "name": row.name, "predicted": row.predicted.value, "sure_from": row.sure_from,
                "sure_below": row.sure_below, "faces": row.faces, "drawn": row.drawn,
                "confidence": row.confidence,
            }
            for row in list_strata(session, sample)
        ],
        "decided_before_the_draw": sample.decided,
        "outdated": outdated,
        "shares": {label.value: asdict(share) for label, share in estimate or ()},
    }  # fmt: skip


def _table(session: Session, job: Job, audit: Audit) -> bytes:
    """A line a drawn face, in the order of the queue."""
    names = _names(session, job, [one.face.position for one in audit.faces])
    boxes = _boxes(session, [one.face.face_id for one in audit.faces])
    lines = [_line(one, names, boxes) for one in audit.faces]
    return b"".join([csv_line(_COLUMNS), *lines])


def _line(one: DrawnFace, names: dict[int, str], boxes: dict[int, tuple[float, ...]]) -> bytes:
    face = one.face
    return csv_line(
        (
            names.get(face.position), face.position, face.face_id,
            *(round(value, 2) for value in boxes[face.face_id]), face.stratum, face.chance,
            face.predicted.value, round(face.sureness, 6), one.decided and one.decided.value,
            one.decided_at.isoformat(timespec="seconds") if one.decided_at else None,
            int(one.blind), int(one.counts),
        )
    )  # fmt: skip


def _names(session: Session, job: Job, positions: list[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in in_slices(positions):
        query = select(JobPhoto.position, JobPhoto.name).where(
            JobPhoto.job_id == job.id, JobPhoto.position.in_(part)
        )
        found |= {row.position: row.name for row in session.execute(query)}
    return found


def _boxes(session: Session, face_ids: list[int]) -> dict[int, tuple[float, ...]]:
    found: dict[int, tuple[float, ...]] = {}
    for part in in_slices(face_ids):
        query = select(Face.id, Face.x1, Face.y1, Face.x2, Face.y2).where(Face.id.in_(part))
        found.update({row[0]: tuple(row[1:]) for row in session.execute(query)})
    return found

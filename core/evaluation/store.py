"""Write evaluations, and promote a version through the gate."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.datasets.labelled_face import LabelledFace
from core.datasets.queries import find_golden_dataset, get_dataset, read_faces
from core.detection.face import Probabilities
from core.errors import InputError
from core.evaluation.confusion import LABELS, ScoredFaces
from core.evaluation.metrics import compute_metrics
from core.evaluation.queries import compare_with_champion, find_evaluation, read_probabilities
from core.evaluation.slices import list_slices
from core.versions.gate import MARGIN
from core.versions.queries import get_version
from core.versions.store import lock_champion, promote
from models import Evaluation, Promotion, PromotionKind, Split


def evaluate_version(session: Session, version_id: int, dataset_id: int) -> Evaluation:
    """Evaluate a version on the test faces of a dataset that it has predicted, and store the metrics.

    Replaces an earlier evaluation. Raises InputError version_not_found, dataset_not_found, or
    nothing_to_evaluate where the version has predicted no test face.
    """
    get_version(session, version_id)
    get_dataset(session, dataset_id)
    faces = read_faces(session, dataset_id, (Split.TEST,))
    predicted = read_probabilities(session, version_id, dataset_id)
    faces = [face for face in faces if face.face_id in predicted]
    if not faces:
        raise InputError("nothing_to_evaluate", "This version has predicted no test face of the dataset.")
    metrics = compute_metrics(_scored(faces, predicted), list_slices(faces)).to_json()
    now = read_clock(session)
    keys = {"classifier_version_id": version_id, "dataset_id": dataset_id}
    row = {**keys, "faces": len(faces), "metrics": metrics, "created_at": now}
    insert_new(session, Evaluation, [row], list(keys))
    evaluation = find_evaluation(session, version_id, dataset_id)
    assert evaluation is not None
    evaluation.faces, evaluation.metrics, evaluation.created_at = len(faces), metrics, now
    return evaluation


def _scored(faces: Sequence[LabelledFace], predicted: dict[int, Probabilities]) -> ScoredFaces:
    found = np.array([predicted[face.face_id] for face in faces], np.float64)
    return ScoredFaces(
        # A label that the version does not predict is one that it never gives.
        probabilities=np.nan_to_num(found),
        unpredicted=tuple(LABELS[int(at)] for at in np.flatnonzero(np.isnan(found).all(axis=0))),
        labels=np.array([LABELS.index(face.label) for face in faces], np.int64),
        photos=np.array([face.photo_id for face in faces], np.int64),
    )


def promote_through_gate(
    session: Session,
    candidate_id: int,
    dataset_id: int,
    *,
    kind: PromotionKind,
    account_id: int | None,
    reason: str | None = None,
    margin: float = MARGIN,
) -> Promotion:
    """Check a candidate against the champion, promote it, and store the result of the gate.

    Raises InputError gate_not_passed unless it passes or `kind` is OVERRULED, which needs a reason, and
    nothing_to_evaluate where the candidate or the champion has predicted no test face.
    """
    # Before the comparison: it is with the champion that this promotion replaces.
    lock_champion(session)
    comparison = compare_with_champion(session, candidate_id, dataset_id, margin=margin)
    if not comparison.gate.passed and kind is not PromotionKind.OVERRULED:
        raise InputError("gate_not_passed", " ".join(comparison.gate.reasons))
    gate = {
        "dataset_id": dataset_id,
        **comparison.gate.to_json(),
        "gained": comparison.test.gained,
        "lost": comparison.test.lost,
        "p_value": comparison.test.p_value,
    }
    return promote(session, candidate_id, kind=kind, account_id=account_id, reason=reason, gate=gate)


def promote_by_person(
    session: Session,
    version_id: int,
    *,
    overrule: bool,
    account_id: int | None,
    reason: str,
    margin: float = MARGIN,
) -> Promotion:
    """Promote a version that passes the gate on the golden test set.

    `overrule` with a reason promotes one that does not pass, also without a golden test set. Raises
    InputError no_golden_set, gate_not_passed, nothing_to_evaluate, reason_needed, already_champion or
    version_not_found.
    """
    get_version(session, version_id)
    kind = PromotionKind.OVERRULED if overrule else PromotionKind.PERSON
    golden = find_golden_dataset(session)
    if golden is not None:
        return promote_through_gate(
            session,
            version_id,
            golden.id,
            kind=kind,
            account_id=account_id,
            reason=reason,
            margin=margin,
        )
    if not overrule:
        raise InputError("no_golden_set", "Pin a golden test set first: the gate compares versions on it.")
    return promote(session, version_id, kind=kind, account_id=account_id, reason=reason)

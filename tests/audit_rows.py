"""A done job with predicted faces, its audit sample, and people who decide in its queue."""

from collections import Counter
from collections.abc import Callable, Sequence
from uuid import uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.accounts import ensure_owner
from core.audit.audited import Audit
from core.audit.job_kind import request_audit
from core.audit.options import AuditRequest
from core.audit.queries import get_sample, read_audit, stored_evidence
from core.database import Database, read_clock
from core.estimates.evidence import Evidence
from core.labels.decisions import Origin, add_decision
from core.predict.job_kind import PREDICT
from core.predict.options import PredictOptions
from core.predict.report_stage import REPORT_STAGE
from core.review.answers.action import Action, ActionKind
from core.review.answers.exchange import TabRequest, exchange
from core.review.queues.queries import get_queue
from core.settings import Settings
from models import AuditFace, AuditSample, Choice, Face, Job, JobPhoto, JobPhotoState, JobState, Label
from tests.review_desk import decide
from tests.review_rows import Row, add_champion, add_faces, reviewer
from workers.engine import run_batches
from workers.handlers import HANDLERS

SURE, UNSURE, BARE = (0.97, 0.01, 0.01, 0.01), (0.6, 0.3, 0.05, 0.05), (0.02, 0.94, 0.02, 0.02)
NOTHING = (0.02, 0.02, 0.01, 0.95)


class AuditedJob:
    """A done job over photos with one face each, whose faces have these probabilities in turn."""

    def __init__(self, db: Database, settings: Settings, probabilities: Sequence[Row]) -> None:
        self.db, self.settings = db, settings
        settings.data.mkdir(exist_ok=True)
        with db.write() as session:
            version_id = add_champion(session)
            self.owner = ensure_owner(session).id
            self.faces = add_faces(session, probabilities, version_id)
            self.id = self._add_job(session, version_id, Counter(map(predicted, probabilities)))

    def _add_job(self, session: Session, version_id: int, counts: Counter[Label]) -> int:
        job = Job(
            kind=PREDICT.name, state=JobState.DONE, stage=REPORT_STAGE.name, title="Street survey",
            options=PredictOptions(folder="/nowhere").to_json(), account_id=self.owner,
            classifier_version_id=version_id, detector_key="yunet", created_at=read_clock(session),
            listed=True, photos_found=len(self.faces), photos_done=len(self.faces),
            faces_with_mask=counts[Label.WITH_MASK], faces_without_mask=counts[Label.WITHOUT_MASK],
            faces_incorrect=counts[Label.INCORRECT],
        )  # fmt: skip
        session.add(job)
        session.flush()
        photos = session.execute(select(Face.photo_id).where(Face.id.in_(self.faces)).order_by(Face.id))
        rows = [
            {"job_id": job.id, "position": n, "locator": b"%d.jpg" % n, "name": f"{n}.jpg", "faces": 1,
             "state": JobPhotoState.DONE, "photo_id": photo_id}
            for n, (photo_id,) in enumerate(photos)
        ]  # fmt: skip
        session.execute(insert(JobPhoto), rows)
        return job.id

    def ask(self, faces: int = 0, **wanted: object) -> int:
        """Request an audit without drawing it; returns the sample's id."""
        with self.db.write() as session:
            request = AuditRequest(faces=faces, **({"seed": 7} | wanted))
            return request_audit(session, self.id, request, account_id=self.owner).id

    def work(self) -> None:
        """Let the workers do what waits."""
        run_batches(self.db, self.settings, HANDLERS)

    def draw(self, faces: int = 0, **wanted: object) -> int:
        """Draw a sample, or add to it; returns its id."""
        sample_id = self.ask(faces, **wanted)
        self.work()
        return sample_id

    def decide_elsewhere(self, face_id: int, choice: Choice | None) -> None:
        """The owner decides a face on a results page."""
        with self.db.write() as session:
            add_decision(session, face_id, choice, Origin(account_id=self.owner, queue="results"))

    def review(self, sample_id: int, truth: Callable[[int], Choice], *, most: int = 10_000) -> list[int]:
        """The owner answers up to `most` faces of the queue; the face ids in their order."""
        shown: list[int] = []
        who = reviewer(self.owner)
        while len(shown) < most:
            with self.db.write() as session:
                queue = get_queue(session, get_sample(session, sample_id).queue_id or 0)
                faces = exchange(session, queue, who, TabRequest(want=min(20, most - len(shown)))).faces
                actions = [decide(face.item, truth(face.face)) for face in faces]
                exchange(session, queue, who, TabRequest(actions=actions))
            shown += [face.face for face in faces]
            if not faces:
                break
        return shown

    def skip(self, sample_id: int, faces: int) -> None:
        """The owner skips the first faces of the queue."""
        with self.db.write() as session:
            queue = get_queue(session, get_sample(session, sample_id).queue_id or 0)
            shown = exchange(session, queue, reviewer(self.owner), TabRequest(want=faces)).faces
            actions = [
                Action(key=str(uuid4()), kind=ActionKind.SKIP, choices={face.item: None}) for face in shown
            ]
            exchange(session, queue, reviewer(self.owner), TabRequest(actions=actions))

    def drawn(self, sample_id: int) -> list[AuditFace]:
        """The drawn faces in the order of the queue."""
        with self.db.read() as session:
            rows = select(AuditFace).where(AuditFace.sample_id == sample_id).order_by(AuditFace.rank)
            return list(session.scalars(rows))

    def audit(self, sample_id: int) -> Audit:
        """The drawn faces with what people decided."""
        with self.db.read() as session:
            return read_audit(session, get_sample(session, sample_id))

    def evidence(self, sample_id: int) -> Evidence:
        """The input of the estimator, from the stored counts."""
        with self.db.read() as session:
            sample = get_sample(session, sample_id)
            return stored_evidence(session, sample, read_audit(session, sample))

    def sample(self, sample_id: int) -> AuditSample:
        """The row of the sample."""
        with self.db.read() as session:
            return get_sample(session, sample_id)


def predicted(probabilities: Row) -> Label:
    """The most probable label."""
    return tuple(Label)[probabilities.index(max(probabilities))]

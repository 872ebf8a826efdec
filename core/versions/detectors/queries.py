"""Read detector versions, the champion and its history, and the detector that a job uses."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detection.card import CardFile
from core.detection.detector_card import DetectorCard, DetectorLayout, read_detector_card
from core.detection.weights import YUNET, find_weights
from core.errors import InputError, PermanentError
from core.settings import Settings
from core.versions.detectors.gate import DetectorEvaluation, DetectorGate, check_detector_gate
from core.versions.files import VersionFiles, version_files
from models import Account, DetectorPromotion, DetectorVersion, Job, PromotionKind

#: How pages, reports and the command name the detector that is in use without a trained one.
INSTALLED = "the installed detector"


def get_detector(session: Session, version_id: int) -> DetectorVersion:
    """The version; InputError detector_not_found."""
    version = session.get(DetectorVersion, version_id)
    if version is None:
        raise InputError("detector_not_found", f"There is no detector version {version_id}.")
    return version


def find_detector_champion(session: Session) -> DetectorVersion | None:
    """The version that finds the faces of new jobs; None where the installed detector does."""
    return session.scalars(select(DetectorVersion).where(DetectorVersion.champion)).one_or_none()


def find_detector(session: Session, sha256: str) -> DetectorVersion | None:
    """The version whose file has this hash."""
    return session.scalars(select(DetectorVersion).where(DetectorVersion.sha256 == sha256)).one_or_none()


def list_detectors(
    session: Session, *, before_id: int | None = None, limit: int = 30
) -> list[DetectorVersion]:
    """Versions, newest first; `before_id` is the last id of the page before."""
    query = select(DetectorVersion).order_by(DetectorVersion.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(DetectorVersion.id < before_id)
    return list(session.scalars(query))


def read_evaluation(version: DetectorVersion) -> DetectorEvaluation | None:
    """Its metrics beside the detector that was in use; None before the first evaluation."""
    return DetectorEvaluation.from_json(version.evaluation) if version.evaluation else None


def check_detector(
    session: Session, settings: Settings, version: DetectorVersion, *, margin: float
) -> tuple[DetectorEvaluation, DetectorGate]:
    """The evaluation of a version beside today's champion, and the gate.

    Raises InputError detector_not_evaluated where it was never measured, or beside another detector, or where
    this host lacks the installed detector that it would be compared with.
    """
    evaluation = read_evaluation(version)
    try:
        in_use = champion_sha256(session, settings)
    except PermanentError as error:
        raise InputError(
            "detector_not_evaluated",
            f"{version.name} cannot be compared with the detector in use. {error.message}",
        ) from error
    if evaluation is None or evaluation.champion_sha256 != in_use:
        raise InputError(
            "detector_not_evaluated",
            f"{version.name} has not been measured beside the detector in use. Evaluate it first.",
        )
    return evaluation, check_detector_gate(evaluation, margin=margin)


def champion_sha256(session: Session, settings: Settings) -> str:
    """SHA-256 of the file of the detector that finds the faces of new jobs."""
    champion = find_detector_champion(session)
    return champion.sha256 if champion is not None else installed_sha256(settings)


def installed_sha256(settings: Settings) -> str:
    """SHA-256 of the file of the installed detector, without opening it.

    Raises PermanentError detector_missing, detector_card_unreadable, detector_layout.
    """
    folder = settings.detector_folder
    return YUNET.sha256 if folder is None else read_detector_card(folder).network.sha256


def version_detector(version: DetectorVersion, store: VersionFiles) -> DetectorCard:
    """A version as `FaceMaskDetector` takes it; its file is checked when it is opened."""
    return DetectorCard(
        folder=store.folder,
        name=version.name,
        network=CardFile(name=store.relative(version.sha256), sha256=version.sha256),
        layout=DetectorLayout(version.card["layout"]),
    )


def read_job_detector(session: Session, settings: Settings, job_id: int) -> DetectorCard | None:
    """The trained detector that a job uses; None for the installed one."""
    version = session.scalars(
        select(DetectorVersion)
        .join(Job, Job.detector_version_id == DetectorVersion.id)
        .where(Job.id == job_id)
    ).one_or_none()
    return None if version is None else version_detector(version, version_files(settings))


def read_champion_detector(session: Session, settings: Settings) -> DetectorCard | None:
    """The trained detector that new jobs use; None for the installed one."""
    version = find_detector_champion(session)
    return None if version is None else version_detector(version, version_files(settings))


def starting_file(session: Session, settings: Settings) -> tuple[int | None, bytes]:
    """The version that a training starts from, None for YuNet as it comes, and the bytes of its file.

    Raises PermanentError weights_missing, weights_damaged, version_file_missing, version_file_damaged.
    """
    champion = find_detector_champion(session)
    if champion is None:
        return None, find_weights(YUNET.name, settings.weights).read_bytes()
    return champion.id, version_files(settings).path(champion.sha256).read_bytes()


def check_detector_file(session: Session, store: VersionFiles, version_id: int) -> None:
    """Check that a version's file is there and unchanged, before it becomes the champion.

    Raises InputError detector_not_found, version_not_usable.
    """
    version = get_detector(session, version_id)
    try:
        store.path(version.sha256)
    except PermanentError as error:
        raise InputError(
            "version_not_usable", f"{version.name} cannot become the champion. {error.message}"
        ) from error


@dataclass(frozen=True, kw_only=True)
class RollbackTarget:
    """What a rollback makes the champion; no version is the installed detector."""

    version: DetectorVersion | None

    @property
    def name(self) -> str:
        """In words."""
        return self.version.name if self.version is not None else INSTALLED


def find_detector_rollback(session: Session) -> RollbackTarget | None:
    """The detector in use before the current one; None where nothing was ever promoted, or all is undone."""
    undone = 0
    for promotion in session.scalars(select(DetectorPromotion).order_by(DetectorPromotion.id.desc())):
        if promotion.kind is PromotionKind.ROLLBACK:
            undone += 1
        elif undone:
            undone -= 1
        else:
            before = promotion.previous_id
            return RollbackTarget(version=session.get(DetectorVersion, before) if before else None)
    return None


@dataclass(frozen=True, kw_only=True)
class DetectorHistory:
    """A promotion with the names of version and account; empty without an account."""

    promotion: DetectorPromotion
    name: str
    account_name: str


_HISTORY = (
    select(DetectorPromotion, DetectorVersion.name, Account.name)
    .outerjoin(DetectorVersion, DetectorVersion.id == DetectorPromotion.detector_version_id)
    .outerjoin(Account, Account.id == DetectorPromotion.account_id)
)


def read_detector_history(session: Session, *, limit: int = 50) -> list[DetectorHistory]:
    """The history of the detector in use, newest first."""
    query = _HISTORY.order_by(DetectorPromotion.id.desc()).limit(limit)
    return [_history(*row) for row in session.execute(query)]


def get_detector_promotion(session: Session, promotion_id: int) -> DetectorHistory:
    """One change of the detector in use; raises NoResultFound."""
    query = _HISTORY.where(DetectorPromotion.id == promotion_id)
    return _history(*session.execute(query).one())


def _history(promotion: DetectorPromotion, name: str | None, account: str | None) -> DetectorHistory:
    return DetectorHistory(promotion=promotion, name=name or INSTALLED, account_name=account or "")

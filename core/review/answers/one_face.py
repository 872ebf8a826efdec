"""One decision about one face, outside of queues."""

from sqlalchemy.orm import Session

from core.labels.contested import read_contested
from core.labels.decisions import Origin
from core.review.answers.outside_decisions import decide_face
from core.review.answers.settling import settle_face, undo_settling
from core.review.store import resolve_flags
from models import Account, Choice, Role


def answer_face(
    session: Session,
    face_id: int,
    choice: Choice | None,
    account: Account,
    *,
    queue: str,
    milliseconds: int | None = None,
) -> None:
    """Decide the face, or undo the person's decision; a lead's decision settles a conflict.

    Resolves the flags of the face. Raises InputError face_not_found.
    """
    if choice is not None and account.role is Role.LEAD and read_contested(session, [face_id]):
        settle_face(session, face_id, choice, account_id=account.id)
    elif choice is not None or not undo_settling(session, face_id, account_id=account.id):
        origin = Origin(account_id=account.id, queue=queue)
        decide_face(session, face_id, choice, origin, milliseconds=milliseconds)
    resolve_flags(session, [face_id])

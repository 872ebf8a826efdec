"""Flags, gold faces, faces that nobody can tell, the people who review, and the labelling guide."""

from core.errors import InputError
from core.review.agreement.queries import find_agreement, read_reviewers
from core.review.guide import SECTIONS
from core.review.queries import get_guide, list_flags, list_gold, list_untellable, read_guide
from core.review.store import add_flag, remove_gold, resolve_flags, save_guide, set_gold
from models import Face, Scope
from models import GoldFace as GoldRow
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.paging import cursor_of, page_of, read_cursor
from web.api_v1.schemas.base import ListQuery
from web.api_v1.schemas.review_quality import (
    Agreement,
    Flag,
    FlagList,
    GoldFace,
    GoldList,
    GoldRequest,
    Guide,
    GuideChange,
    GuideQuery,
    Reviewer,
    ReviewerList,
    Untellable,
    UntellableList,
)
from web.extension import database


@api_v1.get("/review/flags")
@operation(Scope.READ, answer=FlagList, tag="review")
def list_open_flags(query: ListQuery) -> FlagList:
    """Faces with an open flag, newest first."""
    with database().read() as rows:
        found = list_flags(rows, before_id=read_cursor(query.after), limit=query.limit + 1)
    shown, following = page_of(found, query.limit, lambda flag: cursor_of(flag.id))
    return FlagList(flags=[Flag.of(flag) for flag in shown], next=following)


@api_v1.put("/faces/<int:face_id>/flag")
@operation(Scope.REVIEW, status=204, tag="review")
def flag_face(face_id: int) -> Answered:
    """Flag a face for a lead."""
    with database().write() as rows:
        if rows.get(Face, face_id) is None:
            raise InputError("face_not_found", f"There is no face {face_id}.")
        add_flag(rows, face_id, caller().account.id)
    return "", 204


@api_v1.delete("/faces/<int:face_id>/flag")
@operation(Scope.REVIEW, status=204, tag="review")
def resolve_flag(face_id: int) -> Answered:
    """Resolve the flag of a face, if it has one."""
    with database().write() as rows:
        resolve_flags(rows, [face_id])
    return "", 204


@api_v1.get("/review/gold")
@operation(Scope.READ, answer=GoldList, tag="review")
def list_gold_faces(query: ListQuery) -> GoldList:
    """Faces with a known label, by number."""
    with database().read() as rows:
        found = list_gold(rows, after_id=read_cursor(query.after) or 0, limit=query.limit + 1)
    shown, following = page_of(found, query.limit, lambda gold: cursor_of(gold.face_id))
    return GoldList(faces=[GoldFace.of(gold) for gold in shown], next=following)


@api_v1.put("/faces/<int:face_id>/gold")
@operation(Scope.REVIEW, answer=GoldFace, tag="review", leads_only=True)
def make_face_gold(face_id: int, json: GoldRequest) -> GoldFace:
    """Make a face a gold face, or change its known label."""
    with database().write() as rows:
        set_gold(rows, face_id, json.label, account_id=caller().account.id)
        rows.flush()
        return GoldFace.of(rows.get_one(GoldRow, face_id))


@api_v1.delete("/faces/<int:face_id>/gold")
@operation(Scope.REVIEW, status=204, tag="review", leads_only=True)
def make_face_ordinary(face_id: int) -> Answered:
    """Make a gold face an ordinary one; the answers of reviewers stay."""
    with database().write() as rows:
        remove_gold(rows, face_id)
    return "", 204


@api_v1.get("/review/cannot-tell")
@operation(Scope.READ, answer=UntellableList, tag="review")
def list_untellable_faces(query: ListQuery) -> UntellableList:
    """Faces that count as “can't tell”, newest first."""
    with database().read() as rows:
        found = list_untellable(rows, before_id=read_cursor(query.after), limit=query.limit + 1)
    shown, following = page_of(found, query.limit, lambda decision: cursor_of(decision.id))
    return UntellableList(faces=[Untellable.of(decision) for decision in shown], next=following)


@api_v1.get("/review/reviewers")
@operation(Scope.READ, answer=ReviewerList, tag="review")
def list_reviewers() -> ReviewerList:
    """Speed and agreement of everybody who made a decision."""
    with database().read() as rows:
        agreement = find_agreement(rows)
        return ReviewerList(
            reviewers=[Reviewer.of(each) for each in read_reviewers(rows)],
            agreement=None if agreement is None else Agreement.of(agreement),
        )


@api_v1.get("/review/guide")
@operation(Scope.READ, Scope.REVIEW, answer=Guide, tag="review")
def read_labelling_guide(query: GuideQuery) -> Guide:
    """The labelling guide: what each answer means."""
    with database().read() as rows:
        return Guide.of(read_guide(rows) if query.version is None else get_guide(rows, query.version))


@api_v1.put("/review/guide")
@operation(Scope.REVIEW, answer=Guide, tag="review", errors=(409,), leads_only=True)
def change_labelling_guide(json: GuideChange) -> Guide:
    """Save a new version of the guide; earlier ones stay."""
    unknown = set(json.texts) - set(SECTIONS)
    if unknown:
        raise InputError("request_invalid", f"texts: the guide has no section {min(unknown)!r}.")
    with database().write() as rows:
        save_guide(rows, json.texts, base=json.base, account_id=caller().account.id)
        return Guide.of(read_guide(rows))

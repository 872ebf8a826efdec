"""Read decisions from JSON lines: find the faces, leave out what is known, add the rest."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import in_slices
from core.detection.face import SAME_FACE, Box, overlap
from core.errors import InputError
from core.labels.decisions import Origin
from core.review.answers.outside_decisions import decide_face
from core.review.decision_lines import DecisionLine
from models import Account, Choice, Decision, Face, Photo, box_is_current

#: `Decision.queue` of a decision that came as a line.
ORIGIN = "file"


@dataclass(frozen=True, kw_only=True)
class NumberedLine:
    """A line of a file, from 1."""

    number: int
    text: bytes


@dataclass(frozen=True, kw_only=True)
class RefusedLine:
    """A line that cannot be applied, and why."""

    line: int
    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class NewDecision:
    """A decision to add; without an account it is of an imported set."""

    face_id: int
    account_id: int | None
    choice: Choice
    milliseconds: int | None


@dataclass(frozen=True, kw_only=True)
class LinePlan:
    """What becomes of the lines of a file."""

    new: tuple[NewDecision, ...]
    #: Lines that say what the person's newest decision about the face says already.
    unchanged: int
    #: Lines after which the same person decides the same face again.
    replaced: int
    refused: tuple[RefusedLine, ...]


def split_lines(body: bytes) -> list[NumberedLine]:
    """The lines of a file that are not empty."""
    return [
        NumberedLine(number=number, text=text)
        for number, text in enumerate(body.split(b"\n"), start=1)
        if text.strip()
    ]


def plan_lines(
    session: Session, lines: Iterable[NumberedLine], *, account_id: int, named: bool = False
) -> LinePlan:
    """Find the faces of the lines, and what is new about them; writes nothing.

    The decisions are the account's; with `named` each is of the person that `by` names, of an imported set
    where it names none. A line that cannot be applied is refused, and nothing else is lost for it.
    """
    parsed, refused = _parse(lines)
    faces = _read_faces(session, {line.photo for _, line in parsed})
    people = _read_people(session, {line.by for _, line in parsed}) if named else None
    wanted: dict[tuple[int, int | None], NewDecision] = {}
    for number, line in parsed:
        try:
            face_id = _find_face(faces, line).id
            who = account_id if people is None else _find_person(people, line.by)
        except InputError as error:
            refused.append(RefusedLine(line=number, code=error.code, message=error.message))
            continue
        # The last one counts, and stands where it stands in the file.
        wanted.pop((face_id, who), None)
        wanted[face_id, who] = NewDecision(
            face_id=face_id, account_id=who, choice=line.label, milliseconds=line.milliseconds
        )
    newest = _read_newest(session, {face_id for face_id, _ in wanted})
    new = tuple(each for key, each in wanted.items() if newest.get(key) is not each.choice)
    return LinePlan(
        new=new,
        unchanged=len(wanted) - len(new),
        replaced=len(parsed) - len(wanted) - sum(each.code != "line_invalid" for each in refused),
        refused=tuple(sorted(refused, key=lambda each: each.line)),
    )


def add_new_decisions(session: Session, new: Iterable[NewDecision]) -> None:
    """Add planned decisions, each as one that was made outside a queue; the caller commits."""
    for each in new:
        origin = Origin(account_id=each.account_id, queue=ORIGIN)
        decide_face(session, each.face_id, each.choice, origin, milliseconds=each.milliseconds)


def _parse(lines: Iterable[NumberedLine]) -> tuple[list[tuple[int, DecisionLine]], list[RefusedLine]]:
    parsed, refused = [], []
    for line in lines:
        try:
            parsed.append((line.number, DecisionLine.model_validate_json(line.text)))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            message = f"{place}: {first['msg']}." if place else f"{first['msg']}."
            refused.append(RefusedLine(line=line.number, code="line_invalid", message=message))
    return parsed, refused


def _read_faces(session: Session, hashes: Collection[str]) -> Mapping[str, Sequence[Face]]:
    """Faces whose boxes count, by the SHA-256 of their photos; a photo that is known has an entry."""
    known: dict[str, list[Face]] = {}
    for some in in_slices(hashes):
        query = (
            select(Photo.sha256, Face)
            .outerjoin(Face, (Face.photo_id == Photo.id) & box_is_current())
            .where(Photo.sha256.in_(some))
            .order_by(Face.id)
        )
        for sha256, face in session.execute(query):
            known.setdefault(sha256, []).extend([] if face is None else [face])
    return known


def _find_face(faces: Mapping[str, Sequence[Face]], line: DecisionLine) -> Face:
    """The face at the box: the one that overlaps it most, of the same detector where several do alike."""
    if line.photo not in faces:
        raise InputError("photo_not_found", f"There is no photo {line.photo[:12]}….")
    x1, y1, x2, y2 = line.box
    box = Box(x1=x1, y1=y1, x2=x2, y2=y2)
    best = max(
        faces[line.photo],
        key=lambda face: (round(overlap(face, box), 3), face.detector_key == line.detector, -face.id),
        default=None,
    )
    if best is None or overlap(best, box) < SAME_FACE:
        raise InputError("face_not_found", f"Photo {line.photo[:12]}… has no face at this box.")
    return best


def _read_people(session: Session, names: Collection[str | None]) -> dict[str | None, int | None]:
    people: dict[str | None, int | None] = {None: None}
    for some in in_slices([name for name in names if name is not None]):
        rows = session.execute(select(Account.name, Account.id).where(Account.name.in_(some)))
        people |= dict(rows.all())
    return people


def _find_person(people: Mapping[str | None, int | None], name: str | None) -> int | None:
    if name not in people:
        raise InputError("account_not_found", f"There is no account {name}.")
    return people[name]


def _read_newest(session: Session, face_ids: Collection[int]) -> dict[tuple[int, int | None], Choice | None]:
    """The newest answer of each person about each of these faces."""
    newest: dict[tuple[int, int | None], Choice | None] = {}
    for some in in_slices(face_ids):
        query = select(Decision).where(Decision.face_id.in_(some)).order_by(Decision.id)
        newest |= {(each.face_id, each.account_id): each.choice for each in session.scalars(query)}
    return newest

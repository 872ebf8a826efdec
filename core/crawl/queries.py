"""Read what the page of a crawl shows: each search with its counters, why hits failed, first photos."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.crawl.search.queries import ENOUGH, MOST_HITS_EACH, goal, misses
from core.crawl.sources.by_address import Addresses
from core.crawl.sources.registry import SEARCHED, SOURCES
from core.jobs.stages import UNFINISHED
from core.labels.contested import read_contested
from core.labels.decisions import read_labels
from models import CrawlHit, CrawlSearch, Decision, Extraction, Face, Job, JobPhoto, JobPhotoState, Label

#: A search is bad if, of at least so many decided faces, less than this share was accepted.
_ENOUGH_DECIDED = 10
_BAD_SHARE = 0.2
_COUNTED_FAILURES = 2_000


@dataclass(frozen=True, kw_only=True)
class SearchView:
    """One search with its results."""

    search: CrawlSearch
    source: str
    #: Whether `search.query` is a phrase, not an address.
    is_phrase: bool
    #: Faces in its photos, and the number of photos that were searched for faces.
    faces: int
    searched: int
    #: Decided faces, and those with the expected label (without a hint: any but not_a_face).
    decided: int
    accepted: int
    #: Whether its job is unfinished.
    is_open: bool

    @property
    def words(self) -> str:
        """The phrase, the address, or the number of addresses."""
        lines = self.search.query.splitlines()
        return lines[0] if len(lines) == 1 else f"{len(lines):,} addresses"

    @property
    def left(self) -> int:
        """Hits without a result so far."""
        return self.search.found - self.search.fetched - misses(self.search)

    @property
    def shortage(self) -> str:
        """Why there are fewer new photos than requested; empty if there are enough."""
        search = self.search
        is_list = search.source == Addresses.name
        if search.end_message is None or self._most >= search.asked or is_list:
            return ""
        summary = f"{self._most:,} of {search.asked:,} new photos"
        if search.end_code == ENOUGH:
            return "" if self.is_open else f"{summary}: {self._why_no_more}"
        known = (
            f" {search.repeated:,} were found first by another search of this crawl."
            if search.repeated
            else ""
        )
        at_most = "at most " if self._most > search.fetched else ""
        return f"{at_most}{summary}: {search.end_message}{known}"

    @property
    def _most(self) -> int:
        """New photos that it has or may still get."""
        return self.search.fetched + (self.left if self.is_open else 0)

    @property
    def _why_no_more(self) -> str:
        if self.search.found >= goal(self.search) < self.search.asked + misses(self.search):
            return f"it stopped after {MOST_HITS_EACH} pictures for each requested photo."
        return f"{self.left:,} were given up because every attempt crashed its worker."

    @property
    def is_bad(self) -> bool:
        """Whether few of its decided faces have the expected label."""
        return self.decided >= _ENOUGH_DECIDED and self.accepted < _BAD_SHARE * self.decided


@dataclass(frozen=True, kw_only=True)
class Miss:
    """Hits without a photo that share an error code."""

    code: str
    example: str
    hits: int


def read_searches(session: Session, job: Job) -> list[SearchView]:
    """All searches of the job in order."""
    searches = session.scalars(
        select(CrawlSearch).where(CrawlSearch.job_id == job.id).order_by(CrawlSearch.number)
    ).all()
    faces = {row[0]: (row[1], row[2]) for row in session.execute(_faces_found(job.id))}
    labels = _count_labels(session, job.id)
    return [
        SearchView(
            search=search,
            source=SOURCES[search.source].title,
            is_phrase=SOURCES[search.source] in SEARCHED,
            faces=faces.get(search.id, (0, 0))[0],
            searched=faces.get(search.id, (0, 0))[1],
            decided=labels[search.id].total(),
            accepted=_accepted(labels[search.id], search.label),
            is_open=job.state in UNFINISHED,
        )
        for search in searches
    ]


def read_misses(session: Session, job_id: int) -> list[Miss]:
    """Why hits gave no photo, the most frequent reason first; counts the first 2,000 failures."""
    first = (
        select(JobPhoto.error_code, JobPhoto.error_message)
        .where(JobPhoto.job_id == job_id, JobPhoto.state == JobPhotoState.FAILED)
        .order_by(JobPhoto.position)
        .limit(_COUNTED_FAILURES)
        .subquery()
    )
    amount = func.count()
    query = select(first.c.error_code, func.min(first.c.error_message), amount).group_by(first.c.error_code)
    return [
        Miss(code=code or "unknown", example=example or "", hits=hits)
        for code, example, hits in session.execute(query.order_by(amount.desc(), first.c.error_code))
    ]


def read_first_photos(session: Session, job_id: int, *, limit: int) -> list[int]:
    """Ids of the first photos of the crawl."""
    query = (
        select(JobPhoto.photo_id)
        .where(JobPhoto.job_id == job_id, JobPhoto.photo_id.is_not(None))
        .order_by(JobPhoto.position)
        .limit(limit)
    )
    return [photo_id for photo_id in session.scalars(query) if photo_id is not None]


def _faces_found(job_id: int) -> Select[int, int, int]:
    """By search: faces of its photos, by the detector that found most in each, and photos searched."""
    most = (
        select(CrawlHit.search_id, JobPhoto.photo_id, func.max(Extraction.faces).label("faces"))
        .join(JobPhoto, (JobPhoto.job_id == CrawlHit.job_id) & (JobPhoto.position == CrawlHit.position))
        .join(Extraction, Extraction.photo_id == JobPhoto.photo_id)
        .where(CrawlHit.job_id == job_id, JobPhoto.photo_id.is_not(None))
        .group_by(CrawlHit.search_id, JobPhoto.photo_id)
        .subquery()
    )
    return select(most.c.search_id, func.sum(most.c.faces), func.count()).group_by(most.c.search_id)


def _count_labels(session: Session, job_id: int) -> defaultdict[int, Counter[Label]]:
    """By search: the labels of its decided faces, without contested ones."""
    rows = session.execute(
        select(CrawlHit.search_id, Face.id)
        .join(JobPhoto, (JobPhoto.job_id == CrawlHit.job_id) & (JobPhoto.position == CrawlHit.position))
        .join(Face, Face.photo_id == JobPhoto.photo_id)
        .join(Decision, Decision.face_id == Face.id)
        .where(CrawlHit.job_id == job_id)
        .distinct()
    ).all()
    ids = [face_id for _, face_id in rows]
    decisions, contested = read_labels(session, ids), read_contested(session, ids)
    labels = {face_id: one.label for face_id, one in decisions.items() if face_id not in contested}
    counted: defaultdict[int, Counter[Label]] = defaultdict(Counter)
    for search_id, face_id in rows:
        label = labels.get(face_id)
        if label is not None:
            counted[search_id][label] += 1
    return counted


def _accepted(labels: Counter[Label], expected: Label | None) -> int:
    if expected is not None:
        return labels[expected]
    return labels.total() - labels[Label.NOT_A_FACE]

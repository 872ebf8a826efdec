"""What fetching one hit gave."""

from dataclasses import dataclass

from models.crawl_hit import HitOutcome


@dataclass(frozen=True, kw_only=True)
class HitToFetch:
    """Where one hit lies, and the page that shows it."""

    position: int
    address: str
    page_url: str | None


@dataclass(frozen=True, kw_only=True)
class FetchedHit:
    """A picture that is in the photo store now."""

    position: int
    http_status: int
    sha256: str
    bytes: int
    width: int
    height: int
    format: str
    frames: int


@dataclass(frozen=True, kw_only=True)
class KnownHit:
    """An address that was fetched before: its photo is there."""

    position: int
    photo_id: int


@dataclass(frozen=True, kw_only=True)
class MissedHit:
    """A hit that gave no photo, and why."""

    position: int
    outcome: HitOutcome
    code: str
    message: str
    http_status: int | None = None


@dataclass(frozen=True, kw_only=True)
class PutOffHit:
    """A hit whose host asked to be left alone for so many seconds."""

    position: int
    seconds: float


HitResult = FetchedHit | KnownHit | MissedHit | PutOffHit

"""Fetch one hit: check that its bytes are a wanted picture, and store them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from core.crawl.fetcher import Fetcher, HostBusy, TurnOver, status_of_code
from core.crawl.source import Reply
from core.detection.decode import decode_photo
from core.detection.photo import PhotoLimits
from core.errors import InputError, TransientError
from core.item_errors import ItemErrors
from core.library.files.store import PhotoStore
from models import HitOutcome

#: Pictures are decoded small, only to check that they are complete and to read their size.
_SCALE = 0.125
_OUTCOMES = {
    "picture_too_small": HitOutcome.TOO_SMALL,
    "robots_refused": HitOutcome.REFUSED,
    "robots_unclear": HitOutcome.REFUSED,
    "ai_use_refused": HitOutcome.REFUSED,
    "address_refused": HitOutcome.REFUSED,
    "address_not_http": HitOutcome.REFUSED,
    "photo_removed": HitOutcome.REFUSED,
}
#: Errors of this machine's disk and of the object store, which are no property of the hit.
_STORE_ERRORS = frozenset({"disk_full", "store_write_failed", "storage_unavailable"})


@dataclass(frozen=True, kw_only=True)
class HitToFetch:
    """The address of one hit, and of the page that shows it."""

    position: int
    address: str
    page_url: str | None


@dataclass(frozen=True, kw_only=True)
class FetchedHit:
    """A picture that was fetched and stored."""

    position: int
    http_status: int
    sha256: str
    bytes: int
    width: int
    height: int
    format: str
    frames: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class KnownHit:
    """A hit whose address was fetched before and whose photo is still stored."""

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
class PostponedHit:
    """A hit that waits for so many seconds: its host asks for a pause, or the batch's turn ended first."""

    position: int
    seconds: float
    asked_by_host: bool


HitResult = FetchedHit | KnownHit | MissedHit | PostponedHit


@dataclass(frozen=True, kw_only=True)
class HitFetcher:
    """Fetches hits into the photo store; thread-safe."""

    fetcher: Fetcher
    store: PhotoStore
    limits: PhotoLimits
    smallest_side: int
    #: Whether the photo with this SHA-256 (hex) was removed from the library.
    is_removed: Callable[[str], bool]
    errors: ItemErrors

    def fetch(self, hit: HitToFetch) -> HitResult:
        """The result, also for failures; raises only what is not the hit's own, such as disk_full."""
        headers = {"Accept": "image/*", **({"Referer": hit.page_url} if hit.page_url else {})}
        try:
            reply = self.fetcher.get(hit.address, max_bytes=self.limits.max_bytes, headers=headers)
            return self._store(hit.position, reply)
        except HostBusy as busy:
            return PostponedHit(position=hit.position, seconds=busy.seconds, asked_by_host=True)
        except TurnOver as over:
            return PostponedHit(position=hit.position, seconds=over.seconds, asked_by_host=False)
        except TransientError as error:
            if error.code in _STORE_ERRORS:
                raise
            return _missed(hit.position, error)
        except Exception as error:
            return _missed(hit.position, self.errors.input_error(error, address=hit.address))

    def _store(self, position: int, reply: Reply) -> FetchedHit | MissedHit:
        try:
            photo = decode_photo(reply.content, min_scale=_SCALE, limits=self.limits)
            self._check_wanted(photo.width, photo.height, reply.content)
        except InputError as error:
            return _missed(position, error, http_status=reply.status)
        stored = self.store.put(BytesIO(reply.content), max_bytes=self.limits.max_bytes)
        return FetchedHit(
            position=position,
            http_status=reply.status,
            sha256=stored.sha256,
            bytes=stored.bytes,
            width=photo.width,
            height=photo.height,
            format=photo.format,
            frames=photo.frames,
            notes=photo.notes,
        )

    def _check_wanted(self, width: int, height: int, content: bytes) -> None:
        if min(width, height) < self.smallest_side:
            raise InputError(
                "picture_too_small",
                f"{width} x {height} pixels; the shorter side must have at least {self.smallest_side}.",
            )
        if self.is_removed(hashlib.sha256(content).hexdigest()):
            raise InputError(
                "photo_removed", "The photo was removed from the library before and is not fetched again."
            )


def _missed(
    position: int, error: InputError | TransientError, *, http_status: int | None = None
) -> MissedHit:
    return MissedHit(
        position=position,
        outcome=_OUTCOMES.get(error.code, HitOutcome.BROKEN),
        code=error.code,
        message=error.message,
        http_status=http_status or status_of_code(error.code),
    )

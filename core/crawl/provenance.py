"""A hit's row among the sources of its photo."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from core.crawl.address import host_of
from core.crawl.sources.registry import SEARCHED
from models import SourceKind

_SEARCHED = frozenset(source.name for source in SEARCHED)
_LONGEST_PHRASE = 200
_LONGEST_HOST = 255


def source_row(hit: Row[*tuple[Any, ...]], http_status: int | None, now: datetime) -> dict[str, Any]:
    """All that is known of where the photo came from; `hit` is a row of `store_sources`."""
    page = hit.page_url
    searched = hit.found_by in _SEARCHED
    return {
        "photo_id": hit.photo_id,
        "kind": SourceKind.CRAWL,
        "location": hit.locator,
        "location_sha256": hashlib.sha256(hit.locator).digest(),
        "name": hit.name,
        "job_id": hit.job_id,
        "created_at": now,
        "page_url": page,
        "page_sha256": hashlib.sha256(page.encode()).digest() if page else None,
        "title": hit.title,
        "phrase": hit.query[:_LONGEST_PHRASE] if searched else None,
        "found_by": hit.found_by,
        "host": host_of(hit.locator.decode())[:_LONGEST_HOST],
        "page_host": host_of(page)[:_LONGEST_HOST] if page else None,
        "licence": hit.licence,
        "licence_url": hit.licence_url,
        "licence_filter": hit.options["filters"]["licence"] if searched else None,
        "creator": hit.creator,
        "published_at": hit.published_at,
        "http_status": http_status,
    }

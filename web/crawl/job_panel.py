"""What the page of a crawl shows."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.crawl.job_kind import CRAWL
from core.crawl.options import CrawlOptions, FilterName
from core.crawl.queries import read_first_photos, read_misses, read_searches
from core.crawl.sources.registry import SOURCES
from core.number_text import number
from models import Job, Photo
from web.jobs.panels import ENDED, JobPanels, declare_panels

#: Photos shown on the page of their crawl.
_STRIP = 5


def _about(job: Job) -> list[tuple[str, str]]:
    """The options in words."""
    options = CRAWL.options_of(job)
    facts = [
        ("Sources", ", ".join(SOURCES[name].title for name in options.sources)),
        ("Requested photos", f"{number(options.limit)} for each phrase and source"),
        ("Shorter side", f"{options.smallest_side} pixels or more"),
        ("Filters", _filters(options)),
        ("robots.txt and noai", "obeyed" if options.obey_robots else "ignored"),
    ]
    return [(term, text) for term, text in facts if text]


def _details(session: Session, job: Job) -> dict[str, object]:
    """Searches, misses and first photos."""
    ids = read_first_photos(session, job.id, limit=_STRIP)
    photos = {photo.id: photo for photo in session.scalars(select(Photo).where(Photo.id.in_(ids)))}
    return {
        "searches": read_searches(session, job),
        "misses": read_misses(session, job.id) if job.photos_failed else [],
        "crawled": [photos[photo_id] for photo_id in ids if photo_id in photos],
        "can_label": bool(ids) and job.state in ENDED,
    }


def _filters(options: CrawlOptions) -> str:
    chosen = options.filters
    words = [f"{name.value} {getattr(chosen, name)}" for name in FilterName if name in chosen.chosen]
    return ", ".join(words).replace("people True", "faces only")


declare_panels(
    CRAWL,
    JobPanels(
        icon="globe",
        goes="Its list of searches and pictures and its log are deleted.",
        stays="Fetched photos stay in the library, with where they came from and their licences.",
        about=_about,
        panels=("crawl/_searches.html", "crawl/_strip.html", "crawl/_misses.html"),
        details=_details,
    ),
)

"""The sections of the service and their pages, as the header shows them to a person."""

from dataclasses import dataclass, replace

from flask import Flask, g, request

from web.accounts.session import may_ask_for


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page that the header leads to, and the blueprints whose other pages belong to it."""

    words: str
    endpoint: str
    blueprints: tuple[str, ...] = ()

    def holds(self, endpoint: str) -> bool:
        """True for the page itself and for what lies behind it."""
        return endpoint == self.endpoint or endpoint.partition(".")[0] in self.blueprints


@dataclass(frozen=True, kw_only=True)
class Section:
    """Pages that belong together; the first one is where the section's name leads to."""

    words: str
    pages: tuple[Page, ...]

    @property
    def current(self) -> Page | None:
        """The section's page that the request is for; a page itself goes before what lies behind another."""
        endpoint = request.endpoint or ""
        exact = (page for page in self.pages if page.endpoint == endpoint)
        behind = (page for page in self.pages if page.holds(endpoint))
        return next(exact, None) or next(behind, None)


SECTIONS = (
    Section(
        words="Try it",
        pages=(
            Page(words="One photo", endpoint="one_photo.page", blueprints=("one_photo",)),
            Page(words="Camera", endpoint="camera.page", blueprints=("camera",)),
        ),
    ),
    Section(
        words="Jobs",
        pages=(
            Page(words="Jobs", endpoint="jobs.home", blueprints=("jobs", "photos", "new_job", "extraction")),
            Page(words="Crawl", endpoint="crawl.new", blueprints=("crawl",)),
            Page(words="Schedules", endpoint="schedules.home", blueprints=("schedules",)),
        ),
    ),
    Section(
        words="Library",
        pages=(
            Page(words="Photos", endpoint="library.home", blueprints=("library", "removal")),
            Page(words="Duplicates", endpoint="duplicates.home", blueprints=("duplicates",)),
        ),
    ),
    Section(
        words="Review",
        pages=(
            Page(words="Queues", endpoint="review.home", blueprints=("review",)),
            Page(words="Boxes", endpoint="boxes.home", blueprints=("boxes",)),
            Page(words="Reviewers", endpoint="review.reviewers"),
            Page(words="People", endpoint="people.people_page", blueprints=("people",)),
        ),
    ),
    Section(
        words="Training",
        pages=(
            Page(words="Trainings", endpoint="training.home", blueprints=("training",)),
            Page(words="Datasets", endpoint="datasets.home", blueprints=("datasets", "importing")),
            Page(words="Versions", endpoint="versions.home", blueprints=("versions", "evaluations")),
        ),
    ),
)


def sections() -> list[Section]:
    """What the person of the request may open; sections without such a page are left out."""
    allowed = (replace(section, pages=tuple(filter(_is_allowed, section.pages))) for section in SECTIONS)
    return [section for section in allowed if section.pages]


def _is_allowed(page: Page) -> bool:
    return may_ask_for(g.account, page.endpoint)


def add_navigation(app: Flask) -> None:
    """Let the header ask for the sections."""
    app.jinja_env.globals["sections"] = sections

"""The sections of the header and their pages, limited to what the account may open."""

from dataclasses import dataclass, replace

from flask import Flask, g, request

from web.accounts.session import may_open


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page in the header; pages of `blueprints` are below it."""

    words: str
    endpoint: str
    blueprints: tuple[str, ...] = ()

    def holds(self, endpoint: str) -> bool:
        """Whether the endpoint is the page itself or below it."""
        return endpoint == self.endpoint or endpoint.partition(".")[0] in self.blueprints


@dataclass(frozen=True, kw_only=True)
class Section:
    """A group of pages; the section's name links to the first one."""

    words: str
    pages: tuple[Page, ...]
    #: Pages of other sections that its own pages link to too.
    also: tuple[Page, ...] = ()

    @property
    def current(self) -> Page | None:
        """The page of the current request; an exact match is preferred to a page above."""
        endpoint = request.endpoint or ""
        exact = (page for page in self.pages if page.endpoint == endpoint)
        below = (page for page in self.pages if page.holds(endpoint))
        return next(exact, None) or next(below, None)


_EXCHANGE = Page(words="Import and export", endpoint="exports.home", blueprints=("exports",))

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
            Page(
                words="Jobs",
                endpoint="jobs.home",
                blueprints=("jobs", "photos", "groups", "new_job", "extraction"),
            ),
            Page(words="Crawl", endpoint="crawl.new", blueprints=("crawl",)),
            Page(words="Schedules", endpoint="schedules.home", blueprints=("schedules", "watching", "trend")),
        ),
        also=(_EXCHANGE,),
    ),
    Section(
        words="Library",
        pages=(
            Page(words="Photos", endpoint="library.home", blueprints=("library", "removal")),
            Page(words="Retention", endpoint="retention.page"),
            _EXCHANGE,
            Page(words="Duplicates", endpoint="duplicates.home", blueprints=("duplicates",)),
        ),
    ),
    Section(
        words="Review",
        pages=(
            Page(words="Queues", endpoint="review.home", blueprints=("review",)),
            Page(words="Boxes", endpoint="boxes.home", blueprints=("boxes",)),
            Page(words="Reviewers", endpoint="review.reviewers"),
        ),
        also=(_EXCHANGE,),
    ),
    Section(
        words="Training",
        pages=(
            Page(words="Trainings", endpoint="training.home", blueprints=("training",)),
            Page(words="Datasets", endpoint="datasets.home", blueprints=("datasets", "dataset_actions")),
            Page(
                words="Versions",
                endpoint="versions.home",
                blueprints=("versions", "evaluations", "version_import", "detectors"),
            ),
        ),
        also=(_EXCHANGE,),
    ),
    Section(
        words="Admin",
        pages=(
            Page(words="System", endpoint="system.home", blueprints=("system",)),
            Page(words="People", endpoint="people.people_page", blueprints=("people", "limiting")),
            Page(words="Tokens", endpoint="tokens.page", blueprints=("tokens",)),
            Page(words="Webhooks", endpoint="webhooks.home", blueprints=("webhooks",)),
            Page(words="Activity", endpoint="activity.page", blueprints=("activity",)),
        ),
    ),
)


def sections() -> list[Section]:
    """The sections and pages that the current account may open."""
    allowed = map(_allowed, SECTIONS)
    # The account page leads to the tokens too.
    return [section for section in allowed if any(page.endpoint != "tokens.page" for page in section.pages)]


def opens(endpoint: str) -> bool:
    """Whether the current account may open the endpoint, so that a page links to it."""
    return may_open(g.account, endpoint)


def _allowed(section: Section) -> Section:
    pages, also = (tuple(filter(_is_allowed, each)) for each in (section.pages, section.also))
    return replace(section, pages=pages, also=also)


def _is_allowed(page: Page) -> bool:
    return opens(page.endpoint)


def add_navigation(app: Flask) -> None:
    """Make `sections` and `opens` available to templates."""
    app.jinja_env.globals["sections"] = sections
    app.jinja_env.globals["opens"] = opens

"""The app of the pages' tests, for the page of a job kind."""

from tests.unit.web.conftest import app, begun, browser, database, link, one_app, photos, signed_in  # noqa: F401

"""Create the Flask app."""

import hashlib
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from flask import Flask, Request

from core.accounts import SESSION_LIFE
from core.database import Database
from core.live.seats import Seats
from core.settings import Settings
from web.access_log import log_requests
from web.accounts.limiting import limiting
from web.accounts.openid import attach_openid, openid
from web.accounts.people import people
from web.accounts.session import guard_accounts
from web.accounts.tokens import tokens
from web.accounts.views import accounts
from web.activity.recording import record_activity
from web.activity.views import activity
from web.api import api
from web.api_v1.access import guard_api
from web.api_v1.operations import api_v1
from web.api_v1.rate_limits import RateLimits
from web.audit.job_panel import add_words
from web.audit.views import audit
from web.boxes.classify import classify
from web.boxes.export import export
from web.boxes.views import boxes
from web.camera.views import camera
from web.crawl.views import crawl
from web.datasets.actions import dataset_actions
from web.datasets.views import datasets
from web.detectors.actions import detector_actions
from web.detectors.views import detectors
from web.duplicates.actions import duplicate_actions
from web.duplicates.views import duplicates
from web.errors import handle_errors
from web.exports.views import exports
from web.extension import Maskloop, incoming_folder
from web.faces.views import faces
from web.formatting import add_filters
from web.groups.trend import trend
from web.groups.views import groups
from web.jobs.actions import actions
from web.jobs.extraction import extraction
from web.jobs.folders import folders
from web.jobs.links import links
from web.jobs.new import new_job
from web.jobs.reports import reports
from web.jobs.uploads import uploads
from web.jobs.views import jobs
from web.library.removal import removal
from web.library.retention import retention
from web.library.selected import selected
from web.library.views import library
from web.navigation import add_navigation
from web.numbers import bound_numbers
from web.one_photo.turns import ClientTurns
from web.one_photo.views import one_photo
from web.pages import LiveTexts, forget_after_changes
from web.photos.files import files
from web.photos.room import PictureRoom
from web.photos.views import photos
from web.proxy import trust_proxies
from web.request_counts import count_requests, new_request_counts
from web.request_ids import give_ids
from web.review.views import review
from web.schedules.actions import schedule_actions
from web.schedules.views import schedules
from web.schedules.watching import watching
from web.security import allow_uploads, check_requests, csrf, read_secret_key
from web.strict_json import StrictJson
from web.system.metrics import SharedScrape
from web.system.views import system
from web.training.views import training
from web.tus.headers import speak_tus
from web.tus.receiving import UploadRoom
from web.versions.actions import version_actions
from web.versions.evaluations import evaluations
from web.versions.importing import version_import
from web.versions.leaving import version_leaving
from web.versions.views import versions
from web.webhooks.views import webhooks

#: Largest request body; endpoints for uploads raise it.
_FORM_BYTES = 1 << 20

#: Requests that are answered at once; each open camera holds one more.
THREADS = 16
#: Connections for questions that are answered in threads of their own, such as those of `/health`.
_SPARE_CONNECTIONS = 4
#: A request that gets no connection for so long is answered with 503.
_PATIENCE_SECONDS = 10.0

_BLUEPRINTS = (
    accounts,
    jobs,
    audit,
    new_job,
    actions,
    folders,
    uploads,
    crawl,
    library,
    removal,
    retention,
    selected,
    photos,
    groups,
    trend,
    files,
    boxes,
    export,
    classify,
    faces,
    reports,
    links,
    review,
    people,
    limiting,
    openid,
    tokens,
    activity,
    schedules,
    schedule_actions,
    watching,
    webhooks,
    training,
    datasets,
    dataset_actions,
    exports,
    versions,
    version_actions,
    version_import,
    version_leaving,
    evaluations,
    detectors,
    detector_actions,
    duplicates,
    duplicate_actions,
    extraction,
    one_photo,
    camera,
    system,
    api,
    api_v1,
)


def create_app(settings: Settings) -> Flask:
    """Create the app; it opens its database at the first request."""
    version = static_version(Path(__file__).parent / "static")
    app = Flask("web", static_url_path=f"/static/{version}")
    app.request_class = UploadRequest
    app.json = StrictJson(app)
    trust_proxies(app, settings)
    bound_numbers(app)
    attach(app, settings)
    give_ids(app)
    log_requests(app)
    count_requests(app)
    # The order matters: host and account are checked before anything of the request is read.
    check_requests(app)
    guard_accounts(app)
    guard_api(app)
    record_activity(app)
    allow_uploads(app)
    speak_tus(app)
    csrf.init_app(app)
    # No cookie works there, so no other site can make a browser call it.
    csrf.exempt(api_v1)
    handle_errors(app)
    forget_after_changes(app)
    add_filters(app)
    add_navigation(app)
    add_words(app)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def attach(app: Flask, settings: Settings) -> None:
    """Give the app its settings and database, and counters that start at zero.

    Tests attach one app again and again: registering the addresses takes longer than most of them.
    """
    app.config.update(_config(settings))
    connections = THREADS + settings.live_cameras + _SPARE_CONNECTIONS
    database = Database(settings.sql_url, connections=connections, patience=_PATIENCE_SECONDS)
    app.extensions["maskloop"] = Maskloop(database=database, settings=settings)
    app.extensions["openid"] = attach_openid(settings)
    app.extensions["rate_limits"] = RateLimits(settings)
    app.extensions["request_counts"] = new_request_counts()
    app.extensions["scrape"] = SharedScrape()
    app.extensions["live_texts"] = LiveTexts()
    app.extensions["photo_turns"] = ClientTurns()
    app.extensions["picture_room"] = PictureRoom()
    app.extensions["upload_room"] = UploadRoom()
    app.extensions["seats"] = Seats(settings)


def _config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": read_secret_key(settings),
        # Cookies ignore ports: two services on one machine must not sign each other out.
        "SESSION_COOKIE_NAME": f"maskloop_{settings.port}",
        "SESSION_COOKIE_PATH": settings.path_prefix or "/",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "PERMANENT_SESSION_LIFETIME": SESSION_LIFE,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "MAX_CONTENT_LENGTH": _FORM_BYTES,
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=365),
        # The token lives as long as the session: a page left open overnight still works.
        "WTF_CSRF_TIME_LIMIT": None,
    }


def static_version(folder: Path) -> str:
    """A hash of all files below `folder` (12 hex digits), so that browsers cache them until they change."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class UploadRequest(Request):
    """Streams uploaded files to the data folder, since the temporary folder may be in memory."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return TemporaryFile("rb+", dir=incoming_folder())

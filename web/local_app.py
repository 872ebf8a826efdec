"""The API inside this process, for commands on the data folder: no server, no network, no token."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from core.database import Database
from core.live.seats import Seats
from core.settings import Settings
from web.activity.recording import record_activity
from web.api_v1.access import LOCAL_CALLER, LocalCaller, guard_api
from web.api_v1.operations import api_v1
from web.errors import handle_errors
from web.extension import Maskloop
from web.one_photo.turns import ClientTurns
from web.strict_json import StrictJson

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: The address that requests name; nothing listens there.
ADDRESS = "http://localhost"


class LocalApp:
    """A WSGI app of the API alone, called by this process as the owner.

    Without the pages it is made in half the time, which every command waits for.
    """

    def __init__(self, settings: Settings) -> None:
        self.database = Database(settings.sql_url)
        self.app = Flask("web")
        self.app.json = StrictJson(self.app)
        self.app.extensions["maskloop"] = Maskloop(database=self.database, settings=settings)
        self.app.extensions["photo_turns"] = ClientTurns()
        self.app.extensions["seats"] = Seats(settings)
        guard_api(self.app)
        record_activity(self.app)
        handle_errors(self.app)
        self.app.register_blueprint(api_v1)
        self._caller = LocalCaller()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        environ[LOCAL_CALLER] = self._caller
        return self.app.wsgi_app(environ, start_response)

"""`maskloop serve`: sets up and runs the whole service, and prints its address."""

import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import click
from sqlalchemy import select

from core.accounts import new_sign_in_link
from core.activity.store import by_command, write_activity
from core.database import Database
from core.errors import PermanentError
from core.jobs.finish import release_all
from core.logs import set_up_logs
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.settings import Settings
from core.system.store import forget_all
from models import Account, ActivityKind, Job
from web.listener import bind
from workers.processes import holder_note, lock_data_folder
from workers.setup import make_data_folder, prepare
from workers.stack import Stack

_WEB_START_SECONDS = 120.0


def serve_stack(settings: Settings, *, sample: bool) -> None:
    """Set up, start every part, print the address, and run until SIGINT or SIGTERM."""
    set_up_logs(settings)
    make_data_folder(settings)
    with lock_data_folder(settings.data, note=_address(settings)):
        # Report a port that is taken now, rather than from a web server that restarts again and again.
        bind(settings).close()
        prepare(settings, say=click.echo)
        _release_leases(settings)
        if sample:
            _submit_samples(settings)
        _run(settings)


def sign_in_address(settings: Settings, *, of_start: bool = False) -> str:
    """An address that signs in one browser once; that of a start makes those of earlier starts void."""
    require_database(settings)
    with Database(settings.sql_url).write() as session:
        command = "maskloop serve" if of_start else "maskloop link"
        write_activity(session, by_command(session, ActivityKind.PEOPLE_CHANGED, command))
        return f"{service_address(settings)}/sign-in/{new_sign_in_link(session, of_start=of_start)}"


def service_address(settings: Settings) -> str:
    """The address of the service on the data folder, as browsers reach it, without a slash at the end."""
    # A running service knows its address; the settings of this shell may differ.
    return holder_note(settings.data) or _address(settings)


def require_database(settings: Settings) -> None:
    """Raise PermanentError database_missing where the service has never been set up here."""
    db = Database(settings.sql_url)
    if db.path is not None and not db.path.exists():
        raise PermanentError(
            "database_missing",
            f"There is no database in {settings.data}. Set MASKLOOP_DATA to the service's data folder, or run"
            " `maskloop setup`.",
        )


def _run(settings: Settings) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    stack = Stack(settings, settings.to_child_env())
    try:
        stack.start()
        _wait_for_web(settings, stop)
        click.echo(f"\n  Maskloop is ready: {sign_in_address(settings, of_start=True)}\n  Ctrl-C stops it.\n")
        stack.watch(stop, say=click.echo)
    finally:
        click.echo("Stopping ...")
        stack.stop()


def _address(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}{settings.path_prefix}"


def _release_leases(settings: Settings) -> None:
    """Release the leases of the last run: while we lock the folder, nobody else uses its database."""
    db = Database(settings.sql_url)
    if db.is_sqlite:
        with db.write() as session:
            release_all(session)
            forget_all(session)
    db.dispose()


def _submit_samples(settings: Settings) -> None:
    db = Database(settings.sql_url)
    with db.write() as session:
        if session.scalars(select(Job.id).limit(1)).one_or_none() is None:
            click.echo("Making the sample photos ...")
            # In its own process, so that the launcher stays small.
            subprocess.run([sys.executable, "-m", "core.samples", str(settings.samples)], check=True)
            owner = session.scalars(select(Account.id).order_by(Account.id).limit(1)).one()
            options = PredictOptions(folder=str(settings.samples))
            request_predict(session, options, account_id=owner, roots=settings.roots, title="Sample photos")
    db.dispose()


def _wait_for_web(settings: Settings, stop: threading.Event) -> None:
    """Return when the web server answers."""
    # Without the proxy of the environment.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + _WEB_START_SECONDS
    while time.monotonic() < deadline and not stop.wait(0.1):
        try:
            opener.open(f"{_address(settings)}/health", timeout=2).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            continue
    if not stop.is_set():
        raise PermanentError("web_failed", "The web server did not start; see its log above.")

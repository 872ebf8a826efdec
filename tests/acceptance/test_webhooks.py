"""The receiver of docs/webhooks.md against the real service, whose sender is killed on the way."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks.servers import free_port
from core.accounts import ensure_owner
from core.api_tokens import add_token
from core.settings import Settings
from core.webhooks.queries import list_webhooks
from core.webhooks.store import add_webhook, delete_webhook
from models import DeliveryState, EventType, Scope, WebhookDelivery
from tests.acceptance.conftest import ROOT
from tests.acceptance.service import Service, wait_until
from tests.webhook_receiver import receiving

pytestmark = pytest.mark.slow

_EVENTS = (EventType.JOB_FINISHED, EventType.REPORT_READY)


@pytest.fixture(scope="module")
def few(four_hundred: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three photos."""
    folder = tmp_path_factory.mktemp("few")
    for photo in sorted(four_hundred.rglob("*.jpg"))[:3]:
        os.link(photo, folder / photo.name)
    return folder


@pytest.fixture(scope="module")
def running(few: Path, set_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for both tests."""
    folder = tmp_path_factory.mktemp("sender") / "data"
    shutil.copytree(set_up, folder, symlinks=True)
    service = Service(folder, photos=few, webhook_allowed_hosts="127.0.0.1", webhook_seconds=2.0)
    service.start()
    yield service
    assert service.stop() == []
    service.db.dispose()


def _written(running: Service) -> set[EventType]:
    """Events that were written for the webhook; the next one gets no event of this job."""
    with running.db.read() as rows:
        return set(rows.scalars(select(WebhookDelivery.event)))


def _add_hook(running: Service, url: str) -> str:
    """A webhook of the running service, which has no other; its secret."""
    with running.db.write() as rows:
        for earlier in list_webhooks(rows):
            delete_webhook(rows, earlier)
        account = ensure_owner(rows)
        settings: Settings = running.settings
        return add_webhook(rows, settings, name="shop", url=url, events=_EVENTS, account_id=account.id).secret


@contextmanager
def _shop(running: Service, secret: str, port: int, out: Path) -> Iterator[None]:
    """The receiver of the document, which prints into a file."""
    with running.db.write() as rows:
        _, token = add_token(rows, ensure_owner(rows), name="shop", scopes=[Scope.READ], days=1)
    example = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "webhooks.md").read_text(), re.DOTALL)[-1]
    environment = {
        "MASKLOOP_URL": running.address, "MASKLOOP_TOKEN": token, "WEBHOOK_SECRET": secret, "PORT": str(port),
    }  # fmt: skip
    with out.open("w") as file:
        shop = subprocess.Popen(
            [sys.executable, "-c", example], env=os.environ | environment, stdout=file, stderr=file
        )
    try:
        yield
    finally:
        shop.kill()
        shop.wait()


def test_the_receiver_of_a_shop_is_told_and_fetches_the_labels(
    running: Service, few: Path, tmp_path: Path
) -> None:
    port, out = free_port(), tmp_path / "shop.txt"
    secret = _add_hook(running, f"http://127.0.0.1:{port}/")
    with _shop(running, secret, port, out):
        running.submit(few)
        wait_until(lambda: out.read_text().count("\n") >= 3, seconds=90, what="the labels")
        wait_until(lambda: len(_written(running)) == len(_EVENTS), seconds=60, what="the other event")
    lines = [line for line in out.read_text().splitlines() if ".jpg" in line]
    assert lines == [f"{number:04}.jpg ['without_mask']" for number in range(3)]


def test_a_killed_sender_loses_no_event(running: Service, few: Path) -> None:
    """The tick process is killed while the receiver has the message and has not answered yet."""
    with receiving() as receiver:
        secret = _add_hook(running, f"http://127.0.0.1:{receiver.port}/held")
        running.submit(few)
        wait_until(lambda: len(receiver.got) >= 2, seconds=90, what="both events")
        running.kill_part("workers.tick")
        receiver.release.set()

        def ended() -> bool:
            with running.db.read() as rows:
                states = set(rows.scalars(select(WebhookDelivery.state)))
            return states == {DeliveryState.DELIVERED}

        wait_until(ended, seconds=60, what="the delivery of both events")
        ids = [got.event_id for got in receiver.got]
        assert len(set(ids)) == 2 and len(ids) >= 4, "each was sent again, with its id"
        assert {got.verify(secret)["type"] for got in receiver.got} == {"job.finished", "report.ready"}

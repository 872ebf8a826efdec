"""Every method of the client is called against the real service, and what it answers is read to its end."""

import inspect
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from pydantic import BaseModel

from maskloop_client import Client, Job, Rows
from tests.unit.web.filled_folder import FilledFolder, attach_folder

_REASON = "the test overrules it"
#: Methods that other tests are about: those with a report file need a worker that writes it, those of models
#: that were trained elsewhere a network, photos that are looked at and cameras the live process.
_ELSEWHERE = frozenset(
    {
        "Client.close", "Client.request", "Job.create_link", "Job.revoke_link", "Job.download_report",
        "Versions.export", "Versions.import_file", "Photos.look", "Photos.keep", "Camera.state",
        "Camera.connect",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class World:
    """A service with a row of everything, and a folder to write to."""

    client: Client
    #: Folder of photos that jobs may read.
    photos: Path
    folder: Path
    #: A version with files, a running training, an import and a conflict.
    version: int
    training: int
    imported: int
    conflict: int

    @property
    def job(self) -> Job:
        """The job that has ended."""
        return self.client.jobs.get(1)

    @property
    def item(self) -> int:
        """An item of the first queue that this program holds."""
        return self.client.queues.next(1).faces[0].item

    def decided(self) -> int:
        """An item of the first queue that it has decided."""
        item = self.item
        self.client.queues.decide(1, {item: "incorrect"})
        return item

    def skipped(self) -> int:
        """An item of the first queue that it has skipped."""
        item = self.item
        self.client.queues.skip(1, [item])
        return item

    def flagged(self) -> int:
        """An item of the first queue that it has flagged."""
        item = self.item
        self.client.queues.flag(1, [item])
        return item

    def sent(self) -> int:
        """An upload with a file."""
        file = self.folder / "a.jpg"
        file.write_bytes(b"photo")
        return self.client.uploads.send(file).id

    def apart(self) -> None:
        """The second photo of the duplicate group is none of it."""
        self.client.duplicates.not_same(1, 2)

    def promoted(self) -> None:
        """Another version than the first is the champion."""
        self.client.versions.promote(2, overrule=True, reason=_REASON)

    def finding(self) -> None:
        """A trained detector finds the faces of new jobs."""
        self.client.detectors.promote(1, overrule=True, reason=_REASON)


Call = Callable[[World], Any]
_NIGHT = {"title": "Night", "kind": "predict", "cron": "0 3 * * *"}
_HOOK = {"name": "other", "url": "https://other.example/", "events": ["job.finished"]}
_BOX = (10, 10, 60, 60)


def _then(*steps: Call) -> Call:
    """One after the other; the answer of the last."""

    def run(world: World) -> Any:
        for step in steps[:-1]:
            step(world)
        return steps[-1](world)

    return run


CALLS: dict[str, Call] = {
    "Client.predict": lambda w: w.client.predict(folder=str(w.photos)),
    "Jobs.create": lambda w: w.client.jobs.create("predict", {"folder": str(w.photos)}),
    "Jobs.get": lambda w: w.client.jobs.get(1),
    "Jobs.list": lambda w: w.client.jobs.list(),
    "Job.refresh": lambda w: w.job.refresh(),
    "Job.wait": lambda w: w.job.wait(),
    "Job.pause": lambda w: w.client.predict(folder=str(w.photos)).pause(),
    "Job.resume": lambda w: w.client.predict(folder=str(w.photos)).pause().resume(),
    "Job.cancel": lambda w: w.client.predict(folder=str(w.photos)).cancel(),
    "Job.continue_": lambda w: w.client.predict(folder=str(w.photos)).cancel().continue_(),
    "Job.retry": lambda w: w.job.retry(),
    "Job.again": lambda w: w.job.again(),
    "Job.delete": lambda w: w.job.delete(),
    "Job.events": lambda w: w.client.predict(folder=str(w.photos)).events(),
    "Job.photos": lambda w: w.job.photos(),
    "Job.faces": lambda w: w.job.faces(),
    "Job.reports": lambda w: w.job.reports(),
    "Job.links": lambda w: w.job.links(),
    "Job.write_reports": lambda w: w.job.write_reports("faces.csv"),
    "Uploads.create": lambda w: w.client.uploads.create(),
    "Uploads.send": lambda w: w.sent(),
    "Uploads.get": lambda w: w.client.uploads.get(w.sent()),
    "Uploads.files": lambda w: w.client.uploads.files(w.sent()),
    "Uploads.file": lambda w: w.client.uploads.file(w.sent(), 0),
    "Uploads.delete_file": lambda w: w.client.uploads.delete_file(w.sent(), 0),
    "Photos.list": lambda w: w.client.photos.list(job=1),
    "Photos.get": lambda w: w.client.photos.get(1),
    "Photos.download": lambda w: w.client.photos.download(1, w.folder),
    "Photos.thumbnail": lambda w: w.client.photos.thumbnail(1),
    "Photos.faces": lambda w: w.client.photos.faces(1),
    "Photos.edit": lambda w: w.client.photos.edit(1, "draw", box=_BOX, label="with_mask"),
    "Removals.plan": lambda w: w.client.removals.plan("photo", "1"),
    "Removals.create": lambda w: w.client.removals.create("photo", "1", photos=1),
    "Removals.list": _then(
        lambda w: w.client.removals.create("photo", "1", photos=1), lambda w: w.client.removals.list()
    ),
    "Faces.get": lambda w: w.client.faces.get(1),
    "Faces.crop": lambda w: w.client.faces.crop(1),
    "Faces.decide": lambda w: w.client.faces.decide(1, "incorrect"),
    "Faces.decisions": _then(
        lambda w: w.client.faces.decide(1, "incorrect"), lambda w: w.client.faces.decisions(1)
    ),
    "Shares.audit": lambda w: w.client.shares.audit(1, faces=3),
    "Shares.count": lambda w: w.client.shares.count(1),
    "Shares.estimates": lambda w: w.client.shares.estimates(1),
    "Shares.plan": lambda w: w.client.shares.plan(1, 5),
    "Shares.set_target": lambda w: w.client.shares.set_target(1, "with_mask", 0.9),
    "Shares.remove_target": lambda w: w.client.shares.remove_target(1),
    "Shares.groups": lambda w: w.client.shares.groups(1, by="folder"),
    "Shares.groups_csv": lambda w: w.client.shares.groups_csv(1, w.folder, by="folder"),
    "Shares.trend": lambda w: w.client.shares.trend(1),
    "Queues.create": lambda w: w.client.queues.create(options={"limit": 50}),
    "Queues.list": lambda w: w.client.queues.list(),
    "Queues.get": lambda w: w.client.queues.get(1),
    "Queues.next": lambda w: w.client.queues.next(1, 2),
    "Queues.decide": lambda w: w.client.queues.decide(1, {w.item: "with_mask"}),
    "Queues.decisions": _then(lambda w: w.decided(), lambda w: w.client.queues.decisions(1)),
    "Queues.skip": lambda w: w.client.queues.skip(1, [w.item]),
    "Queues.take": lambda w: w.client.queues.take(1, [w.skipped()]),
    "Queues.undo": lambda w: w.client.queues.undo(1, [w.decided()]),
    "Queues.flag": lambda w: w.client.queues.flag(1, [w.item]),
    "Queues.unflag": lambda w: w.client.queues.unflag(1, [w.flagged()]),
    "Queues.release": _then(lambda w: w.item, lambda w: w.client.queues.release(1)),
    "Queues.close": lambda w: w.client.queues.close(1),
    "Queues.open": _then(lambda w: w.client.queues.close(1), lambda w: w.client.queues.open(1)),
    "Conflicts.list": lambda w: w.client.conflicts.list(),
    "Conflicts.settle": lambda w: w.client.conflicts.settle(w.conflict, "with_mask"),
    "Conflicts.reopen": _then(
        lambda w: w.client.conflicts.settle(w.conflict, "with_mask"),
        lambda w: w.client.conflicts.reopen(w.conflict),
    ),
    "Review.flag": lambda w: w.client.review.flag(1),
    "Review.flags": _then(lambda w: w.client.review.flag(1), lambda w: w.client.review.flags()),
    "Review.resolve_flag": _then(
        lambda w: w.client.review.flag(1), lambda w: w.client.review.resolve_flag(1)
    ),
    "Review.cannot_tell": _then(
        lambda w: w.client.queues.decide(1, {w.item: "cannot_tell"}), lambda w: w.client.review.cannot_tell()
    ),
    "Review.make_gold": lambda w: w.client.review.make_gold(1, "with_mask"),
    "Review.gold": _then(
        lambda w: w.client.review.make_gold(1, "with_mask"), lambda w: w.client.review.gold()
    ),
    "Review.make_ordinary": _then(
        lambda w: w.client.review.make_gold(1, "with_mask"), lambda w: w.client.review.make_ordinary(1)
    ),
    "Review.reviewers": lambda w: w.client.review.reviewers(),
    "Review.guide": lambda w: w.client.review.guide(),
    "Review.change_guide": lambda w: w.client.review.change_guide(0, {"with_mask": "Nose and mouth."}),
    "Decisions.export": _then(
        lambda w: w.client.faces.decide(1, "incorrect"), lambda w: w.client.decisions.export(w.folder)
    ),
    "Decisions.import_": _then(
        lambda w: w.client.faces.decide(1, "incorrect"),
        lambda w: w.client.decisions.import_(w.client.decisions.export(w.folder)),
    ),
    "Duplicates.list": lambda w: w.client.duplicates.list(state="accepted"),
    "Duplicates.get": lambda w: w.client.duplicates.get(1),
    "Duplicates.reopen": lambda w: w.client.duplicates.reopen(1),
    "Duplicates.accept": _then(
        lambda w: w.client.duplicates.reopen(1), lambda w: w.client.duplicates.accept(1)
    ),
    "Duplicates.keep": lambda w: w.client.duplicates.keep(1, 2),
    "Duplicates.not_same": lambda w: w.client.duplicates.not_same(1, 2),
    "Duplicates.put_back": _then(lambda w: w.apart(), lambda w: w.client.duplicates.put_back(2, 1)),
    "Duplicates.accept_above": lambda w: w.client.duplicates.accept_above(0.85),
    "Duplicates.undo_acceptance": _then(
        lambda w: w.client.duplicates.reopen(1),
        lambda w: w.client.duplicates.undo_acceptance(w.client.duplicates.accept_above(0.85).acceptance),
    ),
    "Datasets.list": lambda w: w.client.datasets.list(),
    "Datasets.get": lambda w: w.client.datasets.get(1),
    "Datasets.faces": lambda w: w.client.datasets.faces(1),
    "Datasets.compare": lambda w: w.client.datasets.compare(1, 1),
    "Datasets.differences": lambda w: w.client.datasets.differences(1, 1),
    "Datasets.export": lambda w: w.client.datasets.export(1, w.folder),
    "Datasets.pin": lambda w: w.client.datasets.pin(1),
    "Datasets.preview_import": lambda w: w.client.datasets.preview_import({"folder": str(w.photos)}),
    "Datasets.import_result": lambda w: w.client.datasets.import_result(w.imported),
    "Datasets.import_again": lambda w: w.client.datasets.import_again(w.imported, {"scarf": "ignore"}),
    "Datasets.assumed": lambda w: w.client.datasets.assumed(w.imported),
    "Datasets.take_back_assumed": lambda w: w.client.datasets.take_back_assumed(w.imported),
    "Detectors.list": lambda w: w.client.detectors.list(),
    "Detectors.get": lambda w: w.client.detectors.get(1),
    "Detectors.download": lambda w: w.client.detectors.download(1, w.folder),
    "Detectors.evaluate": lambda w: w.client.detectors.evaluate(1),
    "Detectors.promote": lambda w: w.client.detectors.promote(1, overrule=True, reason=_REASON),
    "Detectors.rollback": _then(lambda w: w.finding(), lambda w: w.client.detectors.rollback()),
    "Detectors.promotions": _then(lambda w: w.finding(), lambda w: w.client.detectors.promotions()),
    "Versions.list": lambda w: w.client.versions.list(),
    "Versions.get": lambda w: w.client.versions.get(1),
    "Versions.champion": lambda w: w.client.versions.champion(),
    "Versions.download": lambda w: w.client.versions.download(w.version, "litert", w.folder),
    "Versions.evaluate": lambda w: w.client.versions.evaluate(2, 1),
    "Versions.evaluations": lambda w: w.client.versions.evaluations(1),
    "Versions.evaluation": lambda w: w.client.versions.evaluation(1),
    "Versions.wrong": lambda w: w.client.versions.wrong(1),
    "Versions.compare": lambda w: w.client.versions.compare(1, 2, 1),
    "Versions.promote": lambda w: w.client.versions.promote(2, overrule=True, reason=_REASON),
    "Versions.rollback": _then(lambda w: w.promoted(), lambda w: w.client.versions.rollback()),
    "Versions.promotions": _then(lambda w: w.promoted(), lambda w: w.client.versions.promotions()),
    "Versions.training": lambda w: w.client.versions.training(w.training),
    "Versions.stop_training": lambda w: w.client.versions.stop_training(w.training),
    "Schedules.list": lambda w: w.client.schedules.list(),
    "Schedules.create": lambda w: w.client.schedules.create(**_NIGHT, options={"folder": str(w.photos)}),
    "Schedules.watch": lambda w: w.client.schedules.watch(str(w.photos)),
    "Schedules.look": lambda w: w.client.schedules.look(w.client.schedules.watch(str(w.photos)).id),
    "Schedules.get": lambda w: w.client.schedules.get(1),
    "Schedules.change": lambda w: w.client.schedules.change(1, title="Other"),
    "Schedules.pause": lambda w: w.client.schedules.pause(1),
    "Schedules.resume": _then(lambda w: w.client.schedules.pause(1), lambda w: w.client.schedules.resume(1)),
    "Schedules.run": lambda w: w.client.schedules.run(1),
    "Schedules.runs": _then(lambda w: w.client.schedules.run(1), lambda w: w.client.schedules.runs(1)),
    "Schedules.delete": lambda w: w.client.schedules.delete(1),
    "People.list": lambda w: w.client.people.list(),
    "People.add": lambda w: w.client.people.add("zoe", "reviewer"),
    "People.limit": lambda w: w.client.people.limit(2, series=[1], queues=[1]),
    "People.free": lambda w: w.client.people.free(2),
    "People.link": lambda w: w.client.people.link(2),
    "People.remove": lambda w: w.client.people.remove(2),
    "People.export_activity": _then(
        lambda w: w.client.people.add("zoe", "reviewer"), lambda w: w.client.people.export_activity(w.folder)
    ),
    "Tokens.list": lambda w: w.client.tokens.list(),
    "Tokens.create": lambda w: w.client.tokens.create("other", ["read"]),
    "Tokens.revoke": lambda w: w.client.tokens.revoke(1),
    "Webhooks.list": lambda w: w.client.webhooks.list(),
    "Webhooks.create": lambda w: w.client.webhooks.create(**_HOOK),
    "Webhooks.get": lambda w: w.client.webhooks.get(1),
    "Webhooks.change": lambda w: w.client.webhooks.change(1, name="shop 2", state="paused"),
    "Removals.plan_retention": lambda w: w.client.removals.plan_retention("job", "1"),
    "Webhooks.delete": lambda w: w.client.webhooks.delete(1),
    "Webhooks.rotate_secret": lambda w: w.client.webhooks.rotate_secret(1),
    "Webhooks.test": lambda w: w.client.webhooks.test(1),
    "Webhooks.deliveries": lambda w: w.client.webhooks.deliveries(1),
    "Webhooks.delivery": lambda w: w.client.webhooks.delivery(1, 1),
    "Webhooks.resend": lambda w: w.client.webhooks.resend(1, 1),
    "Service.read": lambda w: w.client.system.read(),
    "Service.health": lambda w: w.client.system.health(),
    "Service.evidence_key": lambda w: w.client.system.evidence_key(w.folder),
}
#: What has nothing to answer.
_NOTHING = frozenset(
    {
        "Job.delete", "Uploads.delete_file", "Shares.remove_target", "Queues.release", "Review.flag",
        "Review.resolve_flag", "Review.make_ordinary", "Schedules.delete", "People.remove", "Tokens.revoke",
        "Webhooks.delete", "People.free",
    }
)  # fmt: skip
#: Lists that may be empty here.
_MAY_BE_EMPTY = frozenset(
    {"Datasets.differences", "Datasets.assumed", "Job.reports", "Job.links", "Shares.plan"}
)


@pytest.fixture
def world(one_app: Flask, filled_folder: FilledFolder, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(filled_folder.data, tmp_path / "data")
    (tmp_path / "out").mkdir()
    attach_folder(one_app, tmp_path / "data", filled_folder.photos)
    with Client(token=filled_folder.secret, transport=httpx.WSGITransport(app=one_app)) as client:
        yield World(
            client=client, photos=filled_folder.photos, folder=tmp_path / "out", **filled_folder.numbers
        )
    one_app.extensions["maskloop"].database.dispose()


def _methods() -> set[str]:
    client = Client("http://nowhere", "t")
    parts = [client, *(part for name, part in vars(client).items() if not name.startswith("_"))]
    found = {
        f"{type(part).__name__}.{name}"
        for part in parts
        for name, _ in inspect.getmembers(part, inspect.ismethod)
        if not name.startswith("_")
    }
    return found | {
        f"Job.{name}" for name, _ in inspect.getmembers(Job, inspect.isfunction) if name[0] != "_"
    }


def test_every_method_is_called_here() -> None:
    assert _methods() - _ELSEWHERE == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_a_method_works_on_the_real_service(world: World, name: str) -> None:
    answer = CALLS[name](world)
    if isinstance(answer, Rows):
        answer = answer.to_list()
    elif isinstance(answer, Iterator):
        answer = list(answer)
    if name in _NOTHING:
        assert answer is None
    elif name not in _MAY_BE_EMPTY:
        assert answer, "there is something to answer"
    for each in answer if isinstance(answer, list) else [answer]:
        _check(each.data if isinstance(each, Job) else each)


def _check(answer: object) -> None:
    if isinstance(answer, Path):
        assert answer.stat().st_size > 0
    elif isinstance(answer, BaseModel):
        # What the service answers and the models do not know would stand here.
        assert not answer.model_extra
        json.loads(answer.model_dump_json())

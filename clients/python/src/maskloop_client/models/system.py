# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: system."""

import datetime as dt

from maskloop_client.models.base import Model


class HeldBatch(Model):
    """A batch that a worker holds."""

    worker: str
    job_id: int
    job_title: str
    activity: str
    photos: int | None
    attempts: int
    claimed_at: dt.datetime
    #: False where the lease has run out.
    is_live: bool


class Waiting(Model):
    """What waits for a worker."""

    jobs: int
    #: Counted up to 100,000.
    batches: int
    oldest: dt.datetime | None
    last_claim: dt.datetime | None


class Process(Model):
    """The last sign of life of a process."""

    #: One of worker, tick, trainer, live, watcher.
    part: str
    host: str
    pid: int
    seconds_ago: float
    is_alive: bool


class WorkState(Model):
    """What workers do, and what waits for them."""

    batches: list[HeldBatch]
    waiting: Waiting
    processes: list[Process]


class Usage(Model):
    """How much one folder of the data folder holds."""

    words: str
    bytes: int
    #: One of exact, estimated, at least.
    sureness: str


class Disk(Model):
    """The disk of the data folder, in bytes."""

    total: int
    free: int
    #: Below it, jobs fail with disk_full.
    reserve: int
    is_low: bool
    usages: list[Usage]


class Database(Model):
    """The database."""

    kind: str
    #: Without the password.
    address: str
    schema_version: str | None
    bytes: int


class Setting(Model):
    """A setting in force; a secret says only that it is set."""

    name: str
    value: str
    description: str
    is_default: bool


class System(Model):
    """The service; a part that does not answer is null, and `problems` says why."""

    version: str
    python: str
    machine: str
    work: WorkState | None
    disk: Disk | None
    database: Database | None
    broker: str | None
    champion_id: int | None
    #: SHA-256 of the public key that verifies evidence packs.
    evidence_key: str | None
    settings: list[Setting]
    problems: dict[str, str]


class Check(Model):
    """One thing that must be so."""

    ok: bool
    sentence: str


class Health(Model):
    """Whether the service does its work."""

    ok: bool
    #: What is wrong; that all is well if nothing is.
    sentence: str
    oldest_waiting_seconds: float | None
    checks: dict[str, Check]

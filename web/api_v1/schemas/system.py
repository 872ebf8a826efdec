"""How the service stands: health, work, disk, database, broker, settings in force."""

from datetime import datetime
from typing import Any, Self

from pydantic import Field

from core.system.disk import Disk as DiskState
from core.system.disk import Sureness
from core.system.health import ServiceHealth
from models import ServicePart
from web.api_v1.schemas.base import Answer
from web.system.report import Part, SystemReport, Work


class Check(Answer):
    """One thing that must be so."""

    ok: bool
    sentence: str


class Health(Answer):
    """Whether the service does its work."""

    ok: bool
    sentence: str = Field(description="What is wrong; that all is well if nothing is.")
    oldest_waiting_seconds: float | None
    checks: dict[str, Check]

    @classmethod
    def of(cls, health: ServiceHealth) -> Self:
        """The checks as answered."""
        return cls.model_validate(health.to_json())


class HeldBatch(Answer):
    """A batch that a worker holds."""

    worker: str
    job_id: int
    job_title: str
    activity: str
    photos: int | None
    attempts: int
    claimed_at: datetime
    is_live: bool = Field(description="False where the lease has run out.")


class Waiting(Answer):
    """What waits for a worker."""

    jobs: int
    batches: int = Field(description="Counted up to 100,000.")
    oldest: datetime | None
    last_claim: datetime | None


class Process(Answer):
    """The last sign of life of a process."""

    part: ServicePart
    host: str
    pid: int
    seconds_ago: float
    is_alive: bool


class WorkState(Answer):
    """What workers do, and what waits for them."""

    batches: list[HeldBatch]
    waiting: Waiting
    processes: list[Process]

    @classmethod
    def of(cls, work: Work) -> Self:
        """The work as answered."""
        return cls(
            batches=[HeldBatch(**vars(claim)) for claim in work.claims],
            waiting=Waiting(**vars(work.queue)),
            processes=[Process(**vars(beat), is_alive=beat.is_alive) for beat in work.beats],
        )


class Usage(Answer):
    """How much one folder of the data folder holds."""

    words: str
    bytes: int
    sureness: Sureness


class Disk(Answer):
    """The disk of the data folder, in bytes."""

    total: int
    free: int
    reserve: int = Field(description="Below it, jobs fail with disk_full.")
    is_low: bool
    usages: list[Usage]

    @classmethod
    def of(cls, disk: DiskState) -> Self:
        """The disk as answered."""
        return cls(
            total=disk.total,
            free=disk.free,
            reserve=disk.reserve,
            is_low=disk.is_low,
            usages=[Usage(**vars(usage)) for usage in disk.usages],
        )


class Database(Answer):
    """The database."""

    kind: str
    address: str = Field(description="Without the password.")
    schema_version: str | None
    bytes: int


class Setting(Answer):
    """A setting in force; a secret says only that it is set."""

    name: str
    value: str
    description: str
    is_default: bool


class System(Answer):
    """The service; a part that does not answer is null, and `problems` says why."""

    version: str
    python: str
    machine: str
    work: WorkState | None
    disk: Disk | None
    database: Database | None
    broker: str | None
    champion_id: int | None
    evidence_key: str | None = Field(description="SHA-256 of the public key that verifies evidence packs.")
    settings: list[Setting]
    problems: dict[str, str]

    @classmethod
    def of(cls, report: SystemReport) -> Self:
        """The report as answered."""
        parts: dict[str, Part[Any]] = {
            name: getattr(report, name)
            for name in ("work", "disk", "database", "broker", "champion", "evidence_key")
        }
        value = {name: part.value for name, part in parts.items()}
        return cls(
            version=report.version,
            python=report.python,
            machine=report.machine,
            work=WorkState.of(value["work"]) if value["work"] else None,
            disk=Disk.of(value["disk"]) if value["disk"] else None,
            database=Database(**vars(value["database"])) if value["database"] else None,
            broker=value["broker"],
            champion_id=value["champion"].id if value["champion"] else None,
            evidence_key=value["evidence_key"].fingerprint if value["evidence_key"] else None,
            settings=[Setting(**vars(setting)) for setting in report.settings],
            problems={name: part.problem for name, part in parts.items() if part.problem},
        )

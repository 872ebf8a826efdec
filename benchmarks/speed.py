"""The whole job, from a folder to its report, beside decoding alone: python -m benchmarks.speed [FOLDER]

Makes photos of several sizes from those of FOLDER, or from the samples. Starts the real service on the first
`--cores` cores and has it predict each set at two smallest faces. Runs on the same files and cores: `decode`,
which only reads and decodes them, and `keras`, which finds faces with `cv2.FaceDetectorYN` and calls Keras'
`predict` once a face. Tutorials use an SSD in Caffe's format in place of YuNet, which OpenCV 5 does not read.
Prints tables in Markdown. Start-up is measured apart.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.load_service import Service, request_job, running_service
from benchmarks.servers import free_port
from benchmarks.speed_photos import make_photos, read_sources
from core.predict.options import PredictOptions
from core.settings import Settings
from models import Job, JobState

#: Megapixels of a photo and sources a side of it; the sets of one source tell of size, the others of faces.
SETS = ((0.5, 1), (1, 1), (3, 1), (12, 1), (1, 2), (1, 3))
SMALLEST_FACES = (16, 32)
#: Photos of 12 megapixels are a quarter as many.
_LARGE = 6
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one contender did with one set; processor time is in milliseconds a photo, memory in MB."""

    photos: int
    faces: int
    seconds: float
    processor: float
    memory: float
    stages: dict[str, float]

    @property
    def rate(self) -> float:
        """Photos a second."""
        return self.photos / self.seconds


@dataclass(frozen=True, kw_only=True)
class Row:
    """One set at one smallest face."""

    megapixels: float
    smallest_face: int
    decode: Measured
    job: Measured
    stages: Measured
    keras: Measured | None


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="photos to make the sets from")
    parser.add_argument("--photos", type=int, default=60, help="photos of a set")
    parser.add_argument("--keras-photos", type=int, default=6, help="photos that `keras` gets; 0: none")
    parser.add_argument("--sets", type=int, default=len(SETS), help="only the first so many sets")
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.cores])
    sources = read_sources(given.folder, given.photos)
    with tempfile.TemporaryDirectory(prefix="maskloop-speed-") as scratch:
        sets = [_make(Path(scratch), sources, given.photos, *each) for each in SETS[: given.sets]]
        warm_up = make_photos(Path(scratch) / "warm-up", sources, megapixels=0.5, grid=1, photos=given.cores)
        began = time.perf_counter()
        with running_service(Path(scratch), port=free_port(), workers=given.cores) as service:
            ready = time.perf_counter() - began
            first = _run_job(service, warm_up, 16).seconds
            rows = list(_measure(service, sets, given))
    for line in (*_table(rows), "", *_stage_table(rows), ""):
        print(line)
    print(
        f"Start-up, not in the tables: {ready:.1f} s until the pages answer, {first:.1f} s for the first job."
    )
    return 0


def _make(
    scratch: Path, sources: Sequence[Path | bytes], photos: int, megapixels: float, grid: int
) -> tuple[float, Path]:
    many = max(1, photos // 4) if megapixels > _LARGE else photos
    folder = scratch / f"{megapixels:g}-{grid}"
    return megapixels, make_photos(folder, sources, megapixels=megapixels, grid=grid, photos=many)


def _measure(
    service: Service, sets: Sequence[tuple[float, Path]], given: argparse.Namespace
) -> Iterator[Row]:
    for megapixels, folder in sets:
        keras = _run("keras", folder, 1, photos=given.keras_photos) if given.keras_photos else None
        for smallest_face in SMALLEST_FACES:
            yield Row(
                megapixels=megapixels,
                smallest_face=smallest_face,
                decode=_run("decode", folder, given.cores),
                job=_run_job(service, folder, smallest_face),
                stages=_run("stages", folder, given.cores, smallest_face=smallest_face),
                keras=keras,
            )


def _run(contender: str, folder: Path, parts: int, **options: int) -> Measured:
    """Run a contender in as many processes as there are cores, each with its part of the photos."""
    command = [sys.executable, "-m", "benchmarks.speed_contender", contender, str(folder)]
    command += ["--weights", str(Settings.from_env().weights), "--parts", str(parts)]
    command += [
        word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))
    ]
    started = [
        subprocess.Popen([*command, "--part", str(part)], stdout=subprocess.PIPE, text=True)
        for part in range(parts)
    ]
    found: list[dict[str, Any]] = [json.loads(each.communicate()[0].splitlines()[-1]) for each in started]
    photos = sum(part["photos"] for part in found)
    stages: dict[str, float] = {}
    for part in found:
        for stage, seconds in part["stages"].items():
            stages[stage] = stages.get(stage, 0.0) + 1000 * seconds / photos
    return Measured(
        photos=photos,
        faces=sum(part["faces"] for part in found),
        seconds=max(part["seconds"] for part in found),
        processor=1000 * sum(part["processor"] for part in found) / photos,
        memory=max(part["memory"] for part in found),
        stages=stages,
    )


def _run_job(service: Service, folder: Path, smallest_face: float) -> Measured:
    """Have the service predict a folder, until its report is written."""
    before, began = _processor(service), time.perf_counter()
    job_id = request_job(service, PredictOptions(folder=str(folder), smallest_face=smallest_face))
    while (job := _job(service, job_id)).state is not JobState.DONE:
        if job.state is JobState.FAILED:
            raise SystemExit(f"the job failed: {job.error_code}")
        time.sleep(_LOOK_SECONDS)
    photos = job.photos_done + job.photos_failed
    return Measured(
        photos=photos,
        faces=job.faces_with_mask + job.faces_without_mask + job.faces_incorrect,
        seconds=time.perf_counter() - began,
        processor=1000 * (_processor(service) - before) / photos,
        memory=max(_peak(process) for process in _workers(service)),
        stages={},
    )


def _job(service: Service, job_id: int) -> Job:
    with service.database.read() as session:
        job = session.get_one(Job, job_id)
        session.expunge(job)
        return job


def _everything(service: Service) -> list[psutil.Process]:
    launcher = service.web.parent()
    assert launcher
    return [launcher, *launcher.children(recursive=True)]


def _workers(service: Service) -> list[psutil.Process]:
    return [process for process in _everything(service) if "worker" in " ".join(process.cmdline())]


def _processor(service: Service) -> float:
    """Processor seconds of all processes of the service so far."""
    times = [process.cpu_times() for process in _everything(service)]
    return sum(spent.user + spent.system for spent in times)


def _peak(process: psutil.Process) -> float:
    """The most resident memory that a process ever had, in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
    sizes = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
    return max(sizes, default=0) / 1024


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield (
        "| megapixels | smallest face | faces a photo | decoding, photos/s | job, photos/s | ratio "
        "| decoding, CPU ms | job, CPU ms | ratio | keras, photos/s | most memory of a worker, MB |"
    )
    yield "|---" * 11 + "|"
    for row in rows:
        keras = f"{row.keras.rate:.1f}" if row.keras else ""
        yield (
            f"| {row.megapixels:g} | {row.smallest_face} | {row.job.faces / row.job.photos:.1f} "
            f"| {row.decode.rate:.0f} | {row.job.rate:.1f} | {row.job.rate / row.decode.rate:.3f} "
            f"| {row.decode.processor:.1f} | {row.job.processor:.1f} "
            f"| {row.decode.processor / row.job.processor:.3f} | {keras} | {row.job.memory:.0f} |"
        )


def _stage_table(rows: Sequence[Row]) -> Iterator[str]:
    """Processor time a photo by stage; the rest of the job's is listing, jobs, database and report."""
    names = list(rows[0].stages.stages)
    yield (
        "| CPU ms a photo | "
        + " | ".join(f"{row.megapixels:g} MP, {row.smallest_face} px" for row in rows)
        + " |"
    )
    yield "|---" * (len(rows) + 1) + "|"
    for name in names:
        yield f"| {name} | " + " | ".join(f"{row.stages.stages[name]:.1f}" for row in rows) + " |"
    rests = [row.job.processor - sum(row.stages.stages.values()) for row in rows]
    yield "| jobs, database, report | " + " | ".join(f"{rest:.1f}" for rest in rests) + " |"


if __name__ == "__main__":
    sys.exit(main())

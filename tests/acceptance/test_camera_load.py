"""Four cameras beside a running job: everybody gets something, the cameras equally much."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import psutil

from benchmarks.camera import Service as Measured
from benchmarks.camera import drive_beside_job
from benchmarks.camera_client import sign_in
from benchmarks.camera_photos import make_photos
from tests.acceptance.service import Service


def test_four_cameras_and_a_job_starve_nobody(tmp_path: Path, service: Callable[..., Service]) -> None:
    folder = make_photos(tmp_path / "photos", 60, seed=3)
    running = service(photos=folder, workers=2)
    running.start()
    assert running.process is not None
    launcher = psutil.Process(running.process.pid)
    measured = Measured(settings=running.settings, database=running.db, launcher=launcher)
    rate, drives = asyncio.run(_measure(measured, folder))
    assert rate > 1
    rates = [drive.rate for drive in drives]
    assert min(rates) > 0.5
    assert max(rates) < 1.5 * min(rates)


async def _measure(service: Measured, folder: Path) -> tuple[float, list]:
    cookie = sign_in(service.new_link())
    return await drive_beside_job(service, cookie, 4, folder)

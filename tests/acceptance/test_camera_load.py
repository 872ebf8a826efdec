"""Four cameras beside a running job: everybody gets something, the cameras equally much."""

import argparse
import asyncio
from pathlib import Path

from benchmarks.camera import Service, drive_beside_job, running_service
from benchmarks.camera_client import sign_in
from benchmarks.camera_photos import make_photos
from benchmarks.servers import free_port


def test_four_cameras_and_a_job_starve_nobody(tmp_path: Path, weights: Path) -> None:
    given = argparse.Namespace(port=free_port(), workers=2)
    folder = make_photos(tmp_path / "photos", 60, seed=3)
    with running_service(tmp_path, given) as service:
        rate, drives = asyncio.run(_measure(service, folder))
    assert rate > 1
    rates = [drive.rate for drive in drives]
    assert min(rates) > 0.5
    assert max(rates) < 1.5 * min(rates)


async def _measure(service: Service, folder: Path) -> tuple[float, list]:
    cookie = sign_in(service.new_link())
    return await drive_beside_job(service, cookie, 4, folder)

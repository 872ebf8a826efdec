"""Several hosts on this machine: cut each off during a job, and measure photos a second by their number."""

import argparse
import sys
import tempfile
from pathlib import Path

import psutil

from benchmarks.camera_photos import make_photos
from benchmarks.hosts.cut import Cut, cut_for, cut_holder, wait_for_end
from benchmarks.hosts.network import why_not
from benchmarks.hosts.scaling import measure
from benchmarks.hosts.upload import request_job
from benchmarks.hosts.world import World, open_world
from core.settings import Settings

#: Parts besides the workers; names of hosts have a number behind.
_PARTS = ("tick", "tick", "live", "web", "watcher")


def main() -> int:
    """Print the tables; 1 if anything was lost, doubled or miscounted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=800, help="of the job during which hosts are cut off")
    parser.add_argument("--cut", type=float, default=8.0, help="seconds; a lease lasts 4")
    parser.add_argument("--trainer", action="store_true", help="a host with the trainer too")
    parser.add_argument("--hosts", type=int, default=4, help="most worker hosts of the second table; 0: none")
    parser.add_argument("--rate-photos", type=int, default=200, help="of each job of the second table")
    given = parser.parse_args()
    if reason := why_not():
        print(reason, file=sys.stderr)
        return 2
    weights = Settings.from_env().weights
    ok = True
    with tempfile.TemporaryDirectory() as place, open_world(Path(place), weights) as world:
        ok = _cut_all(world, Path(place), given)
    if given.hosts:
        with tempfile.TemporaryDirectory() as place, open_world(Path(place), weights) as world:
            _print_rates(world, Path(place), given)
    return 0 if ok else 1


def _cut_all(world: World, folder: Path, given: argparse.Namespace) -> bool:
    photos = make_photos(folder / "photos", given.photos, seed=7)
    parts = (*_PARTS, *(("trainer",) if given.trainer else ()))
    others = [f"{part}{number}" for number, part in enumerate(parts)]
    for name, part in zip(others, parts, strict=True):
        world.add(name, part)
    for name in ("worker1", "worker2"):
        world.add(name, "worker")
    job_id = request_job(world, photos)
    print("| host | cut off for | its batch was returned after | refused after its return | given up |")
    print("|---|---|---|---|---|")
    for name in ("worker1", "worker2"):
        _print_cut(cut_holder(world, name, job_id, seconds=given.cut))
    for name in others:
        _print_cut(cut_for(world, name, seconds=given.cut))
    count = wait_for_end(world, job_id)
    print(f"\njob {count.state}: photos {count.photos}, done {count.done}, lost {count.lost}, ", end="")
    print(f"doubled {count.doubled}, wrong counters {len(count.miscounted)}\n", *count.miscounted, flush=True)
    return count.state == "done" and not (count.lost or count.doubled or count.miscounted)


def _print_cut(cut: Cut) -> None:
    taken = f"{cut.returned:.1f} s" if cut.returned is not None else ""
    print(
        f"| {cut.host} | {cut.seconds:.1f} s | {taken} | {cut.refused or ''} | {cut.given_up or ''} |",
        flush=True,
    )


def _print_rates(world: World, folder: Path, given: argparse.Namespace) -> None:
    world.add("tick", "tick")
    print(f"| worker hosts | photos/s | processors in use (of {psutil.cpu_count()}) |")
    print("|---|---|---|")
    for rate in measure(world, folder, most_hosts=given.hosts, photos=given.rate_photos):
        print(f"| {rate.hosts} | {rate.photos:.1f} | {rate.processor:.0%} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())

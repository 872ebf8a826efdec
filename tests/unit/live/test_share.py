"""The share of the machine, under a clock that the test turns."""

import pytest

from core.live.share import MOST_FRAMES, Share


def run(share: Share, *, cost: float, seconds: float, now: float = 0.0) -> int:
    """Frames that get done when one always waits."""
    done, end = 0, now + seconds
    while now < end:
        now += share.pause(now)
        now += cost
        share.spend(processor=cost, duration=cost, now=now)
        done += 1
    return done


@pytest.mark.parametrize("part", [0.1, 0.5, 1.0])
def test_frames_take_their_part_of_a_processor_and_no_more(part: float) -> None:
    done = run(Share(part, now=0.0), cost=0.02, seconds=20)
    assert done * 0.02 / 20 == pytest.approx(part, rel=0.1)


def test_a_pause_is_not_saved_up() -> None:
    share = Share(0.5, now=0.0)
    assert run(share, cost=0.02, seconds=0.5, now=1000.0) * 0.02 <= 0.5 * 0.5 + 0.1 + 0.04


def turns(share: Share, cameras: int, *, cost: float, rounds: int) -> list[float]:
    """Times between two turns of the same camera once the estimate has settled."""
    now, last, gaps = 0.0, dict.fromkeys(range(cameras), 0.0), []
    for count in range(rounds):
        camera = min(last, key=lambda one: last[one])
        now = max(now, last[camera]) + cost
        share.spend(processor=cost, duration=cost, now=now)
        following = share.reserve(last=last[camera], now=now)
        if count > rounds / 2:
            gaps.append(following - last[camera])
        last[camera] = following
    return gaps


def test_one_camera_gets_the_most_there_is() -> None:
    gaps = turns(Share(0.5, now=0.0), 1, cost=0.015, rounds=200)
    assert max(gaps) == pytest.approx(1 / MOST_FRAMES, rel=0.02)


def test_several_cameras_come_round_equally_often() -> None:
    gaps = turns(Share(0.5, now=0.0), 4, cost=0.03, rounds=400)
    assert max(gaps) == pytest.approx(min(gaps), rel=0.05)
    assert max(gaps) == pytest.approx(4 * 0.03 / 0.5, rel=0.1)


def test_a_machine_that_is_busy_otherwise_slows_the_turns_down() -> None:
    share = Share(0.5, now=0.0)
    for _ in range(100):
        share.spend(processor=0.01, duration=0.1, now=0.0)
    first = share.reserve(last=0.0, now=10.0)
    assert share.reserve(last=0.0, now=10.0) - first > 0.1

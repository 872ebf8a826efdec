"""CPU share of the cameras, and the time of each camera's next turn."""

#: Most frames per second of one camera.
MOST_FRAMES = 15.0
#: Seconds of CPU time that can be saved up during a pause.
_BURST_SECONDS = 0.1
#: Weight of the newest frame in the moving averages.
_NEWEST_WEIGHT = 0.1
#: Turns are this much further apart than the average frame takes, since some take longer.
_HEADROOM = 1.15


class Share:
    """A token bucket of CPU seconds, which fills at a rate and which frames spend.

    `now` is a monotonic time in seconds.
    """

    def __init__(self, share: float, *, now: float) -> None:
        """`share` is in processors: 0.5 is half of one."""
        self._share = share
        self._saved = _BURST_SECONDS
        self._filled_at = now
        self._cost = 0.02
        self._duration = 0.02
        self._reserved = now

    def pause(self, now: float) -> float:
        """Seconds until the next frame may be processed."""
        self._fill(now)
        return max(0.0, -self._saved / self._share)

    def spend(self, *, processor: float, duration: float, now: float) -> None:
        """Record the CPU seconds and wall seconds of a frame."""
        self._fill(now)
        self._saved -= processor
        self._cost += _NEWEST_WEIGHT * (processor - self._cost)
        self._duration += _NEWEST_WEIGHT * (duration - self._duration)

    def reserve(self, *, last: float, now: float) -> float:
        """Reserve a camera's next turn after its last one at `last`; returns its time.

        Turns are as far apart as a frame takes, so that frames hardly wait for each other. With more
        cameras or slower frames, all cameras get fewer turns, and equally many.
        """
        apart = max(self._cost / self._share, self._duration * _HEADROOM)
        self._reserved = max(now, last + 1 / MOST_FRAMES, self._reserved + apart)
        return self._reserved

    def _fill(self, now: float) -> None:
        gained = (now - self._filled_at) * self._share
        self._saved = min(_BURST_SECONDS, self._saved + gained)
        self._filled_at = now

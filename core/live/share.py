"""The part of the machine that cameras may take, and how often each of them gets its turn."""

#: Frames a second of one camera, however idle the machine is: more than eyes need.
MOST_FRAMES = 15.0
#: Seconds of work that may be caught up at once after a pause.
_BURST_SECONDS = 0.1
#: How far one frame moves the estimate of what a frame costs.
_NEWEST_WEIGHT = 0.1
#: Turns lie this much further apart than frames take, since some take longer.
_HEADROOM = 1.15


class Share:
    """Seconds of processor time that fill up at a rate and are spent by frames.

    Not told by a clock of its own: `now` is any clock in seconds that never goes back.
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
        """Seconds until the next frame may be worked on."""
        self._fill(now)
        return max(0.0, -self._saved / self._share)

    def spend(self, *, processor: float, duration: float, now: float) -> None:
        """Note what a frame took: processor seconds, and seconds on the clock."""
        self._fill(now)
        self._saved -= processor
        self._cost += _NEWEST_WEIGHT * (processor - self._cost)
        self._duration += _NEWEST_WEIGHT * (duration - self._duration)

    def reserve(self, *, last: float, now: float) -> float:
        """The time of a camera's next turn, after its last one at `last`.

        Turns lie one frame's work apart, so that frames hardly wait for each other, and every camera holds
        one: with more cameras, or slower frames, all of them come round less often, and equally so.
        """
        apart = max(self._cost / self._share, self._duration * _HEADROOM)
        self._reserved = max(now, last + 1 / MOST_FRAMES, self._reserved + apart)
        return self._reserved

    def _fill(self, now: float) -> None:
        gained = (now - self._filled_at) * self._share
        self._saved = min(_BURST_SECONDS, self._saved + gained)
        self._filled_at = now

"""When a message is sent again, and when a receiver is given up."""

import random
from datetime import timedelta

#: Seconds before the second, third ... attempt: about a day together.
PAUSES = (5, 60, 300, 1800, 7200, 18_000, 28_800, 28_800)
MOST_ATTEMPTS = len(PAUSES) + 1
#: A webhook of which nothing was delivered for so long is disabled.
LONGEST_FAILING = timedelta(days=5)
#: Pauses vary by this part, so that messages that failed together do not come back together.
_JITTER = 0.1
#: A receiver may ask for so long.
LONGEST_PAUSE_SECONDS = 86_400.0


def pause_after(attempts: int, retry_after: float | None) -> float | None:
    """Seconds until the next attempt after so many; None after the last one.

    A receiver that asks for more time by Retry-After gets it, a day at most.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    pause = PAUSES[attempts - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)
    return max(pause, min(retry_after or 0.0, LONGEST_PAUSE_SECONDS))

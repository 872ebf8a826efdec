"""What a training batch tells its rows while it works, and what it hears from them."""

import time

from core.training.steps import Part, StepPlan
from core.training.store import is_stop_asked, note_steps
from workers.engine import BatchRun

_SECONDS = 1.0


class Teller:
    """Writes the steps at most once a second, and hears then whether the fit shall stop."""

    def __init__(self, run: BatchRun, plan: StepPlan) -> None:
        self._run, self._plan = run, plan
        self._told_at = float("-inf")
        self._stop = False

    def __call__(self, part: Part, share: float) -> bool:
        """True where the fit shall stop; raises Interrupted where the batch must be let go of."""
        self._run.check()
        if time.monotonic() - self._told_at >= _SECONDS:
            self._told_at = time.monotonic()
            claim = self._run.claim
            with self._run.db.write() as session:
                note_steps(session, claim, done=self._plan.done(part, share), found=self._plan.found)
                self._stop = is_stop_asked(session, claim.job_id)
        return self._stop

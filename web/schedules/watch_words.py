"""What a watched folder is doing, in words for its page and the list of schedules."""

from dataclasses import dataclass

from core.number_text import decimal, number, plural
from core.predict.options import PredictOptions
from core.schedules.watching.options import WatchOptions
from models import FolderWatch, Schedule, WatchMethod, WatchState

_STATES = {
    WatchState.STARTING: ("Starting", "waiting"),
    WatchState.WATCHING: ("Watching", "running"),
    WatchState.AWAY: ("Cannot be read", "failed"),
    WatchState.SLOW: ("Does not answer", "failed"),
}


@dataclass(frozen=True, kw_only=True)
class WatchWords:
    """A watched folder in words."""

    folder: str
    recursive: bool
    #: Such as "Watching", and the badge that shows it.
    state: str
    badge: str
    #: Such as "2 still growing, 3 wait for their job"; empty where nothing is new.
    pending: str
    #: How new photos are noticed.
    method: str
    #: When photos become a job.
    rule: str


def watch_words(schedule: Schedule, watch: FolderWatch) -> WatchWords:
    """The words of a schedule that waits for photos."""
    job, options = PredictOptions.from_json(schedule.options), WatchOptions.from_json(watch.options)
    state, badge = ("Paused", "paused") if schedule.paused else _STATES[watch.state]
    return WatchWords(
        folder=job.folder or "",
        recursive=job.recursive,
        state=state,
        badge=badge,
        pending="" if schedule.paused else _pending(watch),
        method=_method(watch),
        rule=_rule(options),
    )


def _pending(watch: FolderWatch) -> str:
    growing = f"{number(watch.growing)} still growing" if watch.growing else ""
    verb = "waits" if watch.waiting == 1 else "wait"
    waiting = f"{number(watch.waiting)} {verb} for others to share the job" if watch.waiting else ""
    return ", ".join(filter(None, (growing, waiting)))


def _method(watch: FolderWatch) -> str:
    if watch.method is None:
        return "Not looked at yet."
    if watch.method is WatchMethod.NOTIFICATIONS:
        return "The system tells of changes, and the folder is looked at every 30 seconds."
    return f"The folder is looked at every few seconds. {watch.method_note}".strip()


def _rule(options: WatchOptions) -> str:
    settle = _seconds(options.settle_seconds)
    gather = f", or after {_seconds(options.gather_seconds)}" if options.gather_seconds else ""
    return (
        f"A photo counts as arrived when its size and time have stayed the same for {settle}. It shares a "
        f"job of at most {plural(options.most_photos, 'photo')} with others that arrive until none is growing"
        f"{gather}."
    )


def _seconds(value: float) -> str:
    text = number(value) if value == int(value) else decimal(value)
    return f"{text} second{'' if value == 1 else 's'}"

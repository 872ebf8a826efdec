"""How much one run does: photos, job kinds, faults, and the time that it gets."""

from dataclasses import dataclass, replace

#: Kinds that the trainer runs, which loads TensorFlow for them.
_BY_TRAINER = frozenset({"train", "train_detector", "import_version", "version_formats"})


@dataclass(frozen=True, kw_only=True)
class Size:
    """Numbers of one run."""

    #: Photos of the predict job, of the imported set, and pictures of the crawled page.
    predicted: int
    imported: int
    crawled: int
    #: Labelled faces of the dataset that a training learns from.
    labelled: int
    #: Pictures whose server sends one byte at a time, and how long it does before it hangs up.
    dripping: int
    drip_seconds: float
    #: Names of job kinds to leave out.
    without: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ("worker", "tick", "trainer", "live", "watcher", "web")
    #: Over several hosts: how many of them work.
    worker_hosts: int = 0
    #: One run of so many has a training, which takes as long as all other jobs together.
    trains_every: int = 3
    #: Most faults; a run whose jobs have ended has fewer.
    faults: int
    #: A job that has not ended by itself after this time needs a hand.
    bound_seconds: float

    def over_hosts(self, workers: int) -> "Size":
        """The same run over hosts, so many of which work."""
        return replace(self, worker_hosts=workers)

    def hosts(self, seed: int) -> tuple[str, ...]:
        """The part of each host: two ticks, and two trainers in a run that has a training."""
        trainers = 0 if self.left_out(seed) >= _BY_TRAINER else 2
        copies = {"worker": self.worker_hosts, "tick": 2, "trainer": trainers}
        return tuple(part for part in self.parts for _ in range(copies.get(part, 1)))

    def left_out(self, seed: int) -> frozenset[str]:
        """Names of the job kinds that the run with this seed does not have."""
        return self.without | (_BY_TRAINER if seed % self.trains_every else frozenset())


LONG = Size(
    predicted=48,
    imported=8,
    crawled=12,
    labelled=30,
    dripping=2,
    drip_seconds=10.0,
    faults=6,
    bound_seconds=1200.0,
)
#: For `make test`: without the kinds and parts that take long to start.
SMALL = Size(
    predicted=24,
    imported=4,
    crawled=6,
    labelled=15,
    dripping=1,
    drip_seconds=4.0,
    without=frozenset(
        {
            *("agreement", "audit", "dedup", "evaluate", "evaluate_detector", "extract", "freeze", "review"),
            *_BY_TRAINER,
        }
    ),
    parts=("worker", "tick"),
    faults=4,
    bound_seconds=400.0,
)

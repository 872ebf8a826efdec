"""What happens to a run: faults that begin, last for a while and end, drawn by seed."""

import random
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain

import psutil

from benchmarks.chaos.world import World, empty_folder
from benchmarks.store_proxy import StoreFault


def _nothing() -> None:
    """The end of a fault that is over at once."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault; `begin` returns what ends it after `seconds`."""

    name: str
    #: What it happens to; two faults at once have different ones.
    target: str
    seconds: float
    begin: Callable[[], Callable[[], None]]


def draw_faults(world: World, rng: random.Random) -> Iterator[tuple[Fault, ...]]:
    """Faults without end, one or two at a time; the same seed draws the same ones.

    They come from a shuffled deck, so that each comes up before one comes up again.
    """
    deck: list[_Card] = []
    while True:
        together = 2 if rng.random() < _TWO_AT_ONCE else 1
        drawn: list[Fault] = []
        while len(drawn) < together:
            if not deck:
                deck = _shuffled(world, rng)
            fault = deck.pop().make(world, rng)
            if all(fault.target != other.target for other in drawn):
                drawn.append(fault)
        yield tuple(drawn)


#: How often two faults come at once.
_TWO_AT_ONCE = 0.25
_SERVERS = frozenset({"broker", "database", "clock"})
#: Parts whose hosts are cut off.
_CUT = ("worker", "worker", "worker", "tick", "trainer", "live", "watcher", "web")
#: What only a run over several hosts has.
_BETWEEN = frozenset({"store", *(f"host of {part}" for part in _CUT)})
#: Shortest and longest time of each way in which the store fails.
_STORE_SECONDS = {
    StoreFault.ERROR: (3, 20),
    StoreFault.BUSY: (3, 20),
    StoreFault.SLOW: (5, 20),
    StoreFault.SILENT: (5, 30),
    StoreFault.CUT: (3, 15),
    StoreFault.REFUSED: (3, 20),
}


def _shuffled(world: World, rng: random.Random) -> "list[_Card]":
    """The cards of a run; over several hosts those between hosts and the others take turns."""
    deck = [card for card in _DECK if _has(world, card.needs)]
    rng.shuffle(deck)
    if world.shared is None:
        return deck
    between = [card for card in deck if card.needs in _BETWEEN]
    others = [card for card in deck if card.needs not in _BETWEEN]
    return list(chain.from_iterable(zip(between, others, strict=False)))


def _has(world: World, needed: str) -> bool:
    if needed in _BETWEEN and world.shared is None:
        return False
    return needed in (*_SERVERS, "store") or bool(_named(world, needed.removeprefix("host of ")))


def _named(world: World, part: str) -> list[str]:
    """Names of the hosts with this part, or of the part itself."""
    return [name for name in world.parts if name.rstrip("0123456789") == part]


def _one_of(world: World, part: str, rng: random.Random) -> str:
    names = _named(world, part)
    return rng.choice(names) if len(names) > 1 else names[0]


@dataclass(frozen=True, kw_only=True)
class _Card:
    """One kind of fault, and the part or server that it needs."""

    needs: str
    make: Callable[[World, random.Random], Fault]


def _kill(part: str, who: str, world: World, rng: random.Random) -> Fault:
    name = _one_of(world, part, rng)

    def begin() -> Callable[[], None]:
        for process in _chosen(world, name, who):
            _send(process, signal.SIGKILL)
        return _nothing

    return Fault(name=f"kill {part}{_of(who)}", target=name, seconds=0, begin=begin)


def _freeze(part: str, who: str, world: World, rng: random.Random) -> Fault:
    name = _one_of(world, part, rng)

    def begin() -> Callable[[], None]:
        frozen = _chosen(world, name, who)
        for process in frozen:
            _send(process, signal.SIGSTOP)

        def end() -> None:
            for process in frozen:
                _send(process, signal.SIGCONT)

        return end

    # Longer than the lease, so that its batch goes to another one meanwhile.
    seconds = world.settings.lease_seconds * rng.uniform(1.5, 3)
    return Fault(name=f"freeze {part}{_of(who)}", target=name, seconds=seconds, begin=begin)


def _of(who: str) -> str:
    return {"all": "", "one": "", "child": " child"}[who]


def _chosen(world: World, name: str, who: str) -> Sequence[psutil.Process]:
    """The part's own process, its first child (itself if it has none), or all of them."""
    tree = world.parts[name].tree()
    return {"one": tree[:1], "child": (tree[1:] or tree)[:1], "all": tree}[who]


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _broker_down(keeps: bool, world: World, rng: random.Random) -> Fault:
    def begin() -> Callable[[], None]:
        world.broker.stop()
        if not keeps:
            empty_folder(world.broker_folder)
        return world.broker.start_again

    name = "broker restart" if keeps else "another, empty broker"
    return Fault(name=name, target="broker", seconds=rng.uniform(0.5, 4), begin=begin)


def _broker_emptied(world: World, _rng: random.Random) -> Fault:
    def begin() -> Callable[[], None]:
        world.broker.empty()
        return _nothing

    return Fault(name="broker loses everything", target="broker", seconds=0, begin=begin)


def _broker_frozen(world: World, rng: random.Random) -> Fault:
    def begin() -> Callable[[], None]:
        world.broker.process.send_signal(signal.SIGSTOP)
        return partial(world.broker.process.send_signal, signal.SIGCONT)

    return Fault(name="freeze broker", target="broker", seconds=rng.uniform(2, 8), begin=begin)


def _database_away(world: World, rng: random.Random) -> Fault:
    """PostgreSQL ends at once and starts again later; SQLite is locked by somebody else for as long."""
    if world.postgres is None:
        return Fault(
            name="database locked",
            target="database",
            seconds=rng.uniform(2, 8),
            begin=partial(_lock_sqlite, world),
        )
    postgres = world.postgres

    def begin() -> Callable[[], None]:
        postgres.crash()
        return postgres.start_again

    return Fault(name="database restart", target="database", seconds=rng.uniform(0.2, 5), begin=begin)


def _lock_sqlite(world: World) -> Callable[[], None]:
    lock = sqlite3.connect(world.settings.data / "maskloop.sqlite", isolation_level=None, timeout=20)
    lock.execute("BEGIN IMMEDIATE")

    def end() -> None:
        lock.execute("ROLLBACK")
        lock.close()

    return end


def _clock_step(direction: int, world: World, rng: random.Random) -> Fault:
    seconds = direction * rng.uniform(60, 900)

    def begin() -> Callable[[], None]:
        world.clock.step(seconds)
        return _nothing

    name = "clock set forward" if direction > 0 else "clock set back"
    return Fault(name=name, target="clock", seconds=0, begin=begin)


def _cut_off(part: str, world: World, rng: random.Random) -> Fault:
    """Pull the cable of a host for longer than a lease; nobody is told."""
    name = _one_of(world, part, rng)

    def begin() -> Callable[[], None]:
        assert world.shared is not None
        host = world.shared.network.hosts[name]
        host.cut()
        return host.join

    seconds = world.settings.lease_seconds * rng.uniform(1.5, 3)
    return Fault(name=f"cut off {part}", target=name, seconds=seconds, begin=begin)


def _store_fails(how: StoreFault, world: World, rng: random.Random) -> Fault:
    def begin() -> Callable[[], None]:
        assert world.shared is not None
        world.shared.store.set(how)
        return partial(world.shared.store.set, StoreFault.NONE)

    return Fault(
        name=f"store {how.value}", target="store", seconds=rng.uniform(*_STORE_SECONDS[how]), begin=begin
    )


_DECK = (
    *(_Card(needs="worker", make=partial(_kill, "worker", who)) for who in ("one", "child", "child")),
    *(_Card(needs="worker", make=partial(_freeze, "worker", who)) for who in ("all", "child", "child")),
    *(_Card(needs="trainer", make=partial(_kill, "trainer", who)) for who in ("one", "child")),
    _Card(needs="trainer", make=partial(_freeze, "trainer", "all")),
    *(_Card(needs=part, make=partial(_kill, part, "one")) for part in ("tick", "live", "watcher", "web")),
    *(_Card(needs=part, make=partial(_freeze, part, "all")) for part in ("tick", "live", "watcher", "web")),
    _Card(needs="broker", make=partial(_broker_down, True)),
    _Card(needs="broker", make=partial(_broker_down, False)),
    _Card(needs="broker", make=_broker_emptied),
    _Card(needs="broker", make=_broker_frozen),
    *(_Card(needs="database", make=_database_away) for _ in range(2)),
    *(_Card(needs="clock", make=partial(_clock_step, direction)) for direction in (-1, 1)),
    *(_Card(needs="store", make=partial(_store_fails, how)) for how in _STORE_SECONDS for _ in range(2)),
    *(_Card(needs=f"host of {part}", make=partial(_cut_off, part)) for part in _CUT),
)

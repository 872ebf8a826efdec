"""Commands that run one part of the service alone, as each container does."""

import click


@click.command()
def trainer() -> None:
    """Run only the trainer, which runs training jobs one after the other."""
    from workers.setup import settings_of_part
    from workers.training.trainer import main as run_trainer

    settings_of_part()
    run_trainer()


@click.command()
def tick() -> None:
    """Run only the tick: leases, schedules, wake-ups, disk."""
    from workers.setup import settings_of_part
    from workers.tick import main as run_tick

    settings_of_part()
    run_tick()


@click.command()
def watcher() -> None:
    """Run only the watcher: it gives new photos of watched folders to jobs."""
    from workers.setup import settings_of_part
    from workers.watching.process import main as run_watcher

    settings_of_part()
    run_watcher()


@click.command()
def live() -> None:
    """Run only the live process: single photos and cameras."""
    from workers.live.server import main as run_live
    from workers.setup import settings_of_part

    settings_of_part()
    run_live()


#: All of them.
PARTS = (trainer, tick, watcher, live)

"""How far an upload is: a progress bar on a terminal, a line for each tenth elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.number_text import number, plural, size

if TYPE_CHECKING:
    from rich.console import Console

    from maskloop_client.tus import UploadProgress

Show = Callable[["UploadProgress"], None]


@contextmanager
def shown_upload(console: "Console") -> Iterator[Show]:
    """A function that shows each progress of the upload."""
    if console.quiet or not console.is_terminal:
        yield _lines(console)
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("Sending photos"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda told: progress.update(task, completed=told.bytes, total=told.bytes_total)


def _lines(console: "Console") -> Show:
    last: tuple[int, bool] | None = None

    def show(told: "UploadProgress") -> None:
        nonlocal last
        step = (10 * told.bytes // max(told.bytes_total, 1), told.files == told.files_total)
        if step != last:
            last = step
            files = f"{number(told.files)} of {plural(told.files_total, 'file')}"
            console.print(f"Sent {files}, {size(told.bytes)} of {size(told.bytes_total)}", markup=False)

    return show

"""Commands that request a job of one kind with options of their own: crawl, dedup, extract."""

from typing import TYPE_CHECKING, Any

import click

from web.commands.declaring import connected, example, more_options, waiting

if TYPE_CHECKING:
    from web.commands.connection import Service
    from web.commands.output import Output

_LABELS = ("with_mask", "without_mask", "incorrect", "not_a_face")


def request_kind(
    service: "Service",
    output: "Output",
    kind: str,
    options: dict[str, Any],
    *,
    more: tuple[str, ...],
    wait: bool,
    quiet: bool,
) -> int:
    """Request a job with the options that were given, and those of `--option`; returns the exit status."""
    from web.commands.jobs import request_job
    from web.commands.kind_options import find_kind, parse_options

    chosen = {name: value for name, value in options.items() if value not in (None, [], ())}
    if more:
        chosen |= parse_options(find_kind(service, kind), more)
    return request_job(service, output, kind, chosen, wait=wait, quiet=quiet)


@click.command("crawl")
@example('maskloop crawl --phrase "face mask street" --source commons --source openverse --limit 50')
@click.option("--phrase", "phrases", multiple=True, help="Words to search for.")
@click.option("--source", "sources", multiple=True, help="Where to search: openverse, commons, bing ...")
@click.option("--site", "sites", multiple=True, help="Start page of a whole site.")
@click.option("--page", "pages", multiple=True, help="A page whose pictures are fetched.")
@click.option("--address", "addresses", multiple=True, help="Address of a picture.")
@click.option("--label", type=click.Choice(_LABELS), help="What the photos are expected to show: a hint.")
@click.option("--limit", type=int, help="New photos for each phrase and source, site and page.")
@more_options
@waiting
@connected(prepares=True)
def crawl(
    service: "Service",
    output: "Output",
    phrases: tuple[str, ...],
    label: str | None,
    more: tuple[str, ...],
    wait: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Fetch photos from the web: by phrases and sources, or from sites, pages and addresses."""
    options = given | {
        "phrases": [{"text": text, "label": label} for text in phrases],
        "address_label": label,
    }
    return request_kind(service, output, "crawl", options, more=more, wait=wait, quiet=quiet)


@click.command("dedup")
@example("maskloop dedup --similar-above 0.8 --wait")
@click.option("--distance", type=int, help="Bits by which hashes may differ.")
@click.option("--similar-above", type=float, help="Also compare photos pixel by pixel above this cosine.")
@click.option("--accept-above", type=float, help="Accept groups of this similarity without review.")
@more_options
@waiting
@connected(prepares=True)
def dedup(
    service: "Service", output: "Output", more: tuple[str, ...], wait: bool, quiet: bool, **given: Any
) -> int:
    """Find photos of the library that show the same picture."""
    return request_kind(service, output, "dedup", given, more=more, wait=wait, quiet=quiet)


@click.command("extract")
@example("maskloop extract --job 7 --smallest-face 24")
@click.option("--job", "job_id", type=click.IntRange(1), help="Only photos of this job.")
@click.option("--smallest-face", type=int, help="Pixels of the full-size photo.")
@more_options
@waiting
@connected(prepares=True)
def extract(
    service: "Service", output: "Output", more: tuple[str, ...], wait: bool, quiet: bool, **given: Any
) -> int:
    """Find faces in photos of the library that have not been searched, without classifying them."""
    return request_kind(service, output, "extract", given, more=more, wait=wait, quiet=quiet)

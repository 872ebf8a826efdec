"""axe-core, which looks for what keeps people out: fetched once from the npm registry by version and hash."""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from playwright.sync_api import Page

VERSION = "4.14.1"
INTEGRITY = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
_SECONDS = 120


class NoAxe(Exception):
    """It is not here and cannot be had."""


def axe_script() -> Path:
    """The script, from the cache or else from the registry; NoAxe with the reason."""
    place = _cache() / f"axe-core-{VERSION}" / "axe.min.js"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            packed = _fetch(Path(folder))
            _check(packed)
            with tarfile.open(packed) as archive:
                archive.extract("package/axe.min.js", folder, filter="data")
            (Path(folder) / "package" / "axe.min.js").replace(place)
    return place


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "maskloop"


def _fetch(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise NoAxe("axe-core: npm is not installed")
    command = [npm, "pack", f"axe-core@{VERSION}", "--silent", "--pack-destination", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS, cwd=folder)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise NoAxe(f"axe-core: the npm registry does not give it: {error}") from error
    return folder / f"axe-core-{VERSION}.tgz"


def _check(packed: Path) -> None:
    """Stop where the registry gives something else than was looked at; that is no reason to skip."""
    found = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    if found != INTEGRITY:
        raise ValueError(f"axe-core {VERSION} has another hash: {found}")


if __name__ == "__main__":
    try:
        axe_script()
    except NoAxe as reason:
        print(f"{reason}; the test that needs it is skipped.")


#: What another colour scheme may change; all else is the same in both.
_OF_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
_SERIOUS = """async (options) => {
  const { violations } = await axe.run(document, { preload: false, resultTypes: ["violations"], ...options });
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.flatMap(({ id, nodes }) => nodes.map((node) => `${id} ${node.html} ${node.failureSummary}`));
}"""


def serious_faults(page: Page, axe: str) -> list[str]:
    """Serious faults of the page that is open, in four looks."""
    page.evaluate(axe)
    found = []
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        for scheme, options in (("light", {}), ("dark", _OF_COLOURS)):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found += [f"{page.url} {width} {scheme} {fault}" for fault in page.evaluate(_SERIOUS, options)]
    return found

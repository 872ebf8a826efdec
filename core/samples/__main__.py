"""`python -m core.samples FOLDER` makes the sample photos."""

import sys
from pathlib import Path

from core.samples.making import make_samples


def main(arguments: list[str]) -> int:
    """Make the samples in the given folder; returns the exit status."""
    if len(arguments) != 1:
        print("usage: python -m core.samples FOLDER", file=sys.stderr)
        return 2
    print(f"{make_samples(Path(arguments[0]))} photos in {arguments[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

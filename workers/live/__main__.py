"""Entry of `python -m workers.live`, the launcher's child."""

from workers.live.server import main
from workers.orphan import die_with_parent

die_with_parent()
main()

"""How many hits a search goes for: as many as photos were asked for, and one more for each that gave none."""

from models import CrawlSearch

#: `end_code` of a search that found as many as it went for; it goes on where some of them give no new photo.
ENOUGH = "enough"
#: A search looks at so many hits at most for each photo that was asked for.
MOST_HITS_EACH = 5


def misses(search: CrawlSearch) -> int:
    """Hits that gave no new photo."""
    return search.duplicates + search.too_small + search.broken + search.refused


def goal(search: CrawlSearch) -> int:
    """Hits that it is to find, as far as is known by now."""
    return min(search.asked + misses(search), MOST_HITS_EACH * search.asked)

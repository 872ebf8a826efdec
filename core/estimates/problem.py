"""When no interval is given, and why."""

from core.estimates.evidence import Evidence

#: An interval needs this many audited faces, or all undecided ones where there are fewer.
FEWEST_AUDITED = 30


def missing_faces(evidence: Evidence) -> int:
    """How many more faces have to be audited before an interval is given."""
    undecided = sum(cell.faces for cell in evidence.population)
    return max(0, min(FEWEST_AUDITED, undecided) - len(evidence.audited))


def find_problem(evidence: Evidence) -> str | None:
    """Why there is no interval; None where there is one."""
    if not evidence.faces:
        return "no faces"
    missing = missing_faces(evidence)
    if not missing:
        return None
    if not evidence.audited:
        return f"no audited faces: {missing:,} needed"
    return f"too few audited faces: {missing:,} more"

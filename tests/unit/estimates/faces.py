"""Evidence about made-up jobs."""

from itertools import count as counted

from core.estimates.evidence import AuditedFace, DecidedCell, Evidence, PopulationCell
from models.label import Choice, Label

_PHOTOS = counted(1)


def population(**faces: int) -> tuple[PopulationCell, ...]:
    """Cells of one stratum by the value of their predicted label."""
    return tuple(
        PopulationCell(stratum="all", predicted=Label(name), faces=count) for name, count in faces.items()
    )


def audited(predicted: Label, decided: Choice, count: int, **more: object) -> tuple[AuditedFace, ...]:
    """Audited faces, each of its own photo unless `photo` says which."""
    given = {"stratum": "all", "group": "", "chance": 0.1} | more
    return tuple(
        AuditedFace(**{"photo": next(_PHOTOS), **given}, predicted=predicted, decided=decided)
        for _ in range(count)
    )


def decided(predicted: Label | None, said: Choice, faces: int, group: str = "") -> DecidedCell:
    """Faces that people decided outside the audit."""
    return DecidedCell(predicted=predicted, decided=said, faces=faces, group=group)


def evidence(
    cells: tuple[PopulationCell, ...], *faces: tuple[AuditedFace, ...], said: tuple[DecidedCell, ...] = ()
) -> Evidence:
    """All of it."""
    return Evidence(population=cells, audited=sum(faces, ()), decided=said)

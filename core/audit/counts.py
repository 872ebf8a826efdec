"""Counts of a job's faces by what they are to a sample, as the input of the estimator."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from core.audit.population import JobFace, Standing
from core.audit.strata import STRATA, stratum_number
from core.estimates.evidence import AuditedFace, DecidedCell, Evidence, PopulationCell
from models import Choice, Label

_Cell = tuple[int, str]


@dataclass(kw_only=True)
class FaceCounts:
    """Counts of a job's faces by what they are to a sample, built up slice by slice."""

    #: By place in STRATA and group: faces, and the sum of the probabilities of their predicted label.
    sampled: Counter[_Cell] = field(default_factory=Counter)
    sureness: defaultdict[_Cell, float] = field(default_factory=lambda: defaultdict(float))
    decided: Counter[tuple[Label | None, Choice, str]] = field(default_factory=Counter)
    #: Those of `decided` that people drew, because the detector had not found them.
    drawn: Counter[tuple[Label | None, Choice, str]] = field(default_factory=Counter)
    #: By standing: faces that the sample says nothing about.
    left_out: Counter[Standing] = field(default_factory=Counter)

    def add(self, face: JobFace, group: str = "") -> None:
        """Count one face."""
        if face.standing is Standing.SAMPLED and face.predicted is not None:
            cell = stratum_number(face.predicted, face.sureness), group
            self.sampled[cell] += 1
            self.sureness[cell] += face.sureness
        elif face.standing is Standing.KNOWN and face.decided is not None:
            self.decided[face.predicted, face.decided, group] += 1
            self.drawn[face.predicted, face.decided, group] += face.drawn
        else:
            self.left_out[face.standing] += 1

    def evidence(self, audited: tuple[AuditedFace, ...] = ()) -> Evidence:
        """The counts as the input of the estimator."""
        return Evidence(
            population=tuple(
                PopulationCell(
                    stratum=STRATA[stratum].name,
                    predicted=STRATA[stratum].predicted,
                    faces=faces,
                    group=group,
                    confidence=self.sureness[stratum, group] / faces,
                )
                for (stratum, group), faces in self.sampled.items()
            ),
            audited=audited,
            decided=tuple(
                DecidedCell(predicted=predicted, decided=decided, faces=faces, group=group)
                for (predicted, decided, group), faces in self.decided.items()
            ),
        )

    @property
    def stored_decided(self) -> list[dict[str, object]]:
        """`AuditSample.decided`."""
        return [
            {
                "predicted": cell[0] and cell[0].value,
                "decided": cell[1].value,
                "faces": faces,
                "drawn": self.drawn[cell],
            }
            for cell, faces in sorted(self.decided.items(), key=str)
        ]

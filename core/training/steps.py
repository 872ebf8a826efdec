"""How far a training is, in steps that take about as long as a batch of fine-tuning each."""

from dataclasses import dataclass
from enum import StrEnum

from models.training_epoch import TrainingStage


class Part(StrEnum):
    """The parts of a training, in order."""

    PREPARE = "prepare"
    HEAD = "head"
    FINE_TUNE = "fine_tune"
    EVALUATE = "evaluate"


PART_OF = {TrainingStage.HEAD: Part.HEAD, TrainingStage.FINE_TUNE: Part.FINE_TUNE}
#: Steps that the short parts count as.
_SHORT = 20
_BATCH = 64


@dataclass(frozen=True, kw_only=True)
class StepPlan:
    """Steps of every part of one training."""

    fine_tune: int

    @classmethod
    def of(cls, training_faces: int, fine_tune_epochs: int) -> "StepPlan":
        """The plan for so many faces; drawn masks come on top, so it is an estimate."""
        return cls(fine_tune=fine_tune_epochs * -(-training_faces // _BATCH))

    @property
    def found(self) -> int:
        """Of all parts."""
        return sum(self._sizes().values())

    def done(self, part: Part, share: float) -> int:
        """Steps done where that share of a part is through and all parts before it are."""
        sizes = self._sizes()
        parts = list(Part)
        before = sum(sizes[each] for each in parts[: parts.index(part)])
        return before + int(sizes[part] * min(share, 1.0))

    def part(self, done: int) -> Part:
        """The part that a training is at after so many steps."""
        return next((part for part in Part if done < self.done(part, 1.0)), Part.EVALUATE)

    def _sizes(self) -> dict[Part, int]:
        return {
            Part.PREPARE: _SHORT,
            Part.HEAD: _SHORT,
            Part.FINE_TUNE: self.fine_tune,
            Part.EVALUATE: _SHORT,
        }

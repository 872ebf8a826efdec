"""Steps of the parts of a training."""

from core.training.progress import Part, StepPlan


def test_steps_grow_from_part_to_part() -> None:
    plan = StepPlan.of(640, fine_tune_epochs=3)
    told = [plan.done(part, share) for part in Part for share in (0.0, 0.5, 1.0)]
    assert told == sorted(told) and told[0] == 0 and told[-1] == plan.total == 60 + 30
    assert plan.part(plan.done(Part.FINE_TUNE, 0.5)) is Part.FINE_TUNE
    assert StepPlan.of(640, fine_tune_epochs=0).part(40) is Part.EVALUATE

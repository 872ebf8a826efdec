"""Retention: whose pictures are deleted after how many days, and what that would delete now."""

from typing import Self

from pydantic import Field

from core.retention.job_kind import KeptBy, RetentionOptions
from core.retention.queries import RetentionPlan
from web.api_v1.schemas.base import Answer, Asked

_DAYS = RetentionOptions.model_fields["days"]
_LEAST, _MOST = RetentionOptions.bounds_of("days")


class RetentionRequest(Asked):
    """The options of a retention job."""

    by: KeptBy
    value: str = Field(description="Number of the job or schedule, or the host.", max_length=2000)
    days: int = Field(RetentionOptions.default_of("days"), ge=_LEAST, le=_MOST, description=_DAYS.description)
    datasets: bool = Field(False, description="Also photos of which a dataset has faces.")

    @property
    def options(self) -> RetentionOptions:
        """As the job has them; InputError retention_invalid."""
        return RetentionOptions(**self.model_dump())


class RetentionPlanAnswer(Answer):
    """What would happen now, in numbers of photos."""

    words: str = Field(description="The rule in words.")
    due: int = Field(description="Photos whose pictures would be deleted.")
    bytes: int = Field(description="Of those that Maskloop has stored.")
    in_folders: int = Field(
        description="Photos of `due` in folders of yours: their files stay, and are not shown any more."
    )
    kept_newer: int = Field(description="Photos that stay since a newer job has them.")
    kept_dataset: int = Field(description="Photos that stay since a dataset has faces of them.")
    erased: int = Field(description="Photos whose pictures were deleted before.")

    @classmethod
    def of(cls, plan: RetentionPlan) -> Self:
        """The plan as answered."""
        same = {name: getattr(plan, name) for name in cls.model_fields if name != "words"}
        return cls(**same, words=plan.options.words)

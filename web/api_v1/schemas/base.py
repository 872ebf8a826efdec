"""What every topic builds on: answers, requests, pages of lists, problems."""

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """Base of what the API answers; unknown fields may be added in later releases."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class Asked(BaseModel):
    """Base of what the API is sent; a field that it does not know is an error, not a wish that is lost."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ListQuery(Asked):
    """A page of a list."""

    limit: int = Field(50, ge=1, le=500)
    after: str | None = Field(None, description="The cursor `next` of the page before.")


class Problem(Answer):
    """An error, as in RFC 9457."""

    type: str = Field(description="Stable URN of the kind of error.")
    title: str
    status: int = Field(description="The HTTP status again.")
    detail: str = Field(description="A sentence for people.")
    code: str = Field(description="Stable code, such as `job_not_found`.")

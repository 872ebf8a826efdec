# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: review."""

from maskloop_client.models.base import Model


class Refused(Model):
    """A line that was not applied."""

    #: From 1.
    line: int
    code: str
    message: str


class ImportAnswer(Model):
    """What became of the lines."""

    saved: int
    #: The person's newest decision about the face says so already.
    unchanged: int
    #: A later line has another decision of this person about the face.
    replaced: int
    refused: int
    refused_by_code: dict[str, int]
    #: The first 100.
    refused_lines: list[Refused]

"""Imports of labelled sets: what one holds, what became of it, and words that are to be read anew."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from pydantic import Field, ModelWrapValidatorHandler, model_validator

from core.datasets.importing.job_kind import ImportOptions
from core.datasets.importing.preview import Preview
from core.datasets.importing.summary import ImportSummary, LeftOut, explain_skipped
from core.datasets.importing.words import WordCount
from core.errors import InputError
from core.jobs.options import require_known, unknown_name
from core.labels.label_words import OtherWord, parse_meaning
from models import Label
from web.api_v1.schemas.base import Answer, Asked


class SetWord(Answer):
    """A word of a set, and what it was read as."""

    word: str
    meaning: str | None = Field(description="A label, `unlabelled`, `ignore` or `no_face`; null: unknown.")
    count: int
    of_photos: bool = Field(description="Whether it names a folder; then photos are counted, else objects.")

    @classmethod
    def of(cls, found: WordCount) -> Self:
        """The word as answered."""
        return cls(word=found.word, meaning=found.meaning, count=found.count, of_photos=found.in_folder)


class LeftOutObjects(Answer):
    """Annotated objects that are not imported, for one reason and with one word."""

    problem: str
    reason: str = Field(description="The problem in words.")
    word: str
    objects: int

    @classmethod
    def of(cls, found: LeftOut) -> Self:
        """The count as answered."""
        return cls(problem=found.problem.value, reason=found.reason, word=found.word, objects=found.objects)


class SkippedPhotos(Answer):
    """Photos that are not imported, for one reason."""

    code: str
    reason: str = Field(description="In words.")
    photos: int

    @classmethod
    def list_of(cls, counts: Mapping[str | None, int] | Mapping[str, int]) -> list[Self]:
        """Those of each code, the most frequent first."""
        ordered = sorted(counts.items(), key=lambda each: -each[1])
        return [cls(code=code or "unknown", reason=explain_skipped(code), photos=n) for code, n in ordered]


class ImportPreviewRequest(Asked):
    """A set that is looked at, not imported."""

    options: ImportOptions

    @model_validator(mode="wrap")
    @classmethod
    def _knows_every_option(cls, given: Any, build: ModelWrapValidatorHandler[Self]) -> Self:
        """Stored options may have names of another release; those of a request may not."""
        if isinstance(given, dict):
            require_known("import", ImportOptions, given.get("options"))
        built = build(given)
        if isinstance(given, dict):
            unknown = unknown_name(built.options, given.get("options"))
            if unknown is not None:
                raise InputError("option_unknown", f"import has no option {unknown!r}.")
        return built


class ImportPreview(Answer):
    """What a set holds, and how it would be read."""

    format: str
    recognised: list[str] = Field(description="How it was recognised, in sentences.")
    photos: int
    photos_labelled: int
    boxes: int
    words: list[SetWord]
    skipped: list[SkippedPhotos]
    left_out: list[LeftOutObjects]
    splits: dict[str, int] = Field(description="Photos by split; empty where no split is kept.")
    problems: list[str]
    annotations_unused: int
    partial: bool = Field(description="Whether time ended before the set did.")

    @classmethod
    def of(cls, found: Preview) -> Self:
        """The preview as answered."""
        return cls(
            format=found.format,
            recognised=list(found.sentences),
            photos=found.photos,
            photos_labelled=found.labelled,
            boxes=found.boxes,
            words=_words(found.words),
            skipped=SkippedPhotos.list_of(found.skipped),
            left_out=_left_out(found.left_out),
            splits=found.splits,
            problems=list(found.problems),
            annotations_unused=found.unused,
            partial=found.is_partial,
        )


class ImportResult(Answer):
    """What an import has written and left out so far."""

    decisions: dict[str, int] = Field(description="By label; `unlabelled` for faces without one.")
    known: int = Field(description="Labels that an earlier import added, and that are not added again.")
    assumed: int = Field(description="Of the decisions, detections that were taken for no face.")
    taken_back: int = Field(description="Assumed labels of an earlier import that this one took back.")
    likely_faces: int = Field(description="Detections above a score of 0.6 without a box.")
    annotations_unused: int = Field(description="Annotation files that fit no photo.")
    words: list[SetWord] = Field(description="Unknown ones first.")
    skipped: list[SkippedPhotos]
    left_out: list[LeftOutObjects]
    fitted: dict[str, int] = Field(description="Photos whose boxes were fitted, by what was done.")
    warnings: list[str]

    @classmethod
    def of(
        cls,
        summary: ImportSummary,
        decisions: Mapping[Label | None, int],
        failed: Mapping[str | None, int],
    ) -> Self:
        """The sums as answered."""
        named = {label.value if label else "unlabelled": count for label, count in decisions.items()}
        return cls(
            decisions={label.value: 0 for label in Label} | named,
            known=summary.known,
            assumed=summary.assumed,
            taken_back=summary.taken_back,
            likely_faces=summary.likely_faces,
            annotations_unused=summary.unused_annotations,
            words=_words(summary.words),
            skipped=SkippedPhotos.list_of(failed),
            left_out=_left_out(summary.left_out),
            fitted=dict(summary.fitted),
            warnings=summary.warnings,
        )


class ImportAgain(Asked):
    """What words of a set mean that was imported before."""

    labels: dict[str, str] = Field(
        min_length=1,
        description="The value of a label, `unlabelled` or `ignore`, by word; others mean what they did.",
    )

    @property
    def meanings(self) -> dict[str, Label | OtherWord]:
        """The meanings by word; InputError label_word_invalid."""
        return {word: parse_meaning(word, meaning) for word, meaning in self.labels.items()}


def _words(found: Iterable[WordCount]) -> list[SetWord]:
    return [SetWord.of(each) for each in found]


def _left_out(found: Iterable[LeftOut]) -> list[LeftOutObjects]:
    return [LeftOutObjects.of(each) for each in found]

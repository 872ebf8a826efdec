"""The form that requests a crawl."""

from flask import request
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from core.crawl.options import (
    LIMITS,
    SMALLEST_SIDES,
    CrawlFilters,
    CrawlOptions,
    LicenceFilter,
    Phrase,
    PictureAge,
    PictureSize,
    PictureType,
)
from core.crawl.sources.registry import SEARCHED
from core.dedup.job_kind import DEDUP
from models import Label

#: Rows for phrases in the empty form; its script adds more.
ROWS = 3
HINTS = (
    ("", "No hint"),
    (Label.WITH_MASK.value, "With mask"),
    (Label.WITHOUT_MASK.value, "Without mask"),
    (Label.INCORRECT.value, "Incorrect"),
)


def _choices(*pairs: tuple[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, words) for value, words in pairs]


class CrawlForm(FlaskForm):
    """The fields of a crawl; phrases are two lists of equal length, `phrase` and `label`."""

    title = StringField("Title", validators=[Length(max=200)])
    sources = SelectMultipleField(
        "Sources",
        choices=[SelectChoice(source.name, source.title) for source in SEARCHED],
        default=["openverse", "commons"],
    )
    sites = TextAreaField("Whole sites", validators=[Length(max=100_000)])
    pages = TextAreaField("Pages", validators=[Length(max=100_000)])
    addresses = TextAreaField("Pictures", validators=[Length(max=900_000)])
    address_label = SelectField("Expected label", choices=_choices(*HINTS), default="")
    limit = IntegerField(
        "New photos for each",
        default=CrawlOptions.default_of("limit"),
        validators=[InputRequired(), NumberRange(*LIMITS)],
    )
    smallest_side = IntegerField(
        "Shorter side",
        default=CrawlOptions.default_of("smallest_side"),
        validators=[InputRequired(), NumberRange(*SMALLEST_SIDES)],
    )
    size = SelectField(
        "Size",
        default="",
        choices=_choices(("", "Any"), ("medium", "Medium"), ("large", "Large"), ("extralarge", "Very large")),
    )
    type = SelectField(
        "Type",
        default="",
        choices=_choices(
            ("", "Any"), ("photo", "Photo"), ("clipart", "Clip art"), ("linedrawing", "Line drawing")
        ),
    )
    licence = SelectField(
        "Licence",
        default="",
        choices=_choices(
            ("", "Any"),
            ("creativecommons", "Any Creative Commons"),
            ("publicdomain", "Public domain"),
            ("commercial", "Commercial use"),
            ("commercial,modify", "Commercial use and modification"),
        ),
    )
    date = SelectField(
        "Age",
        default="",
        choices=_choices(
            ("", "Any"),
            ("pastday", "Past day"),
            ("pastweek", "Past week"),
            ("pastmonth", "Past month"),
            ("pastyear", "Past year"),
        ),
    )
    people = BooleanField("Only pictures of faces")
    robots = RadioField(
        "robots.txt and noai", choices=_choices(("obey", "Obey"), ("ignore", "Ignore")), default="obey"
    )

    find_duplicates = BooleanField("Find duplicates afterwards")

    @property
    def phrase_rows(self) -> list[tuple[str, str]]:
        """Phrase and hint of each row, with empty rows up to `ROWS`."""
        rows = list(zip(request.form.getlist("phrase"), request.form.getlist("label"), strict=False))
        return rows + [("", "")] * max(0, ROWS - len(rows))

    def options(self) -> CrawlOptions:
        """The options. Raises the InputErrors of `CrawlOptions`."""
        phrases = tuple(
            Phrase(text=text, label=Label(label) if label else None)
            for text, label in self.phrase_rows
            if text.strip()
        )
        return CrawlOptions(
            phrases=phrases,
            sources=tuple(self.sources.data or ()) if phrases else (),
            sites=_lines(self.sites.data),
            pages=_lines(self.pages.data),
            addresses=_lines(self.addresses.data),
            address_label=Label(self.address_label.data) if self.address_label.data else None,
            limit=self.limit.data,
            smallest_side=self.smallest_side.data,
            filters=self._filters(),
            obey_robots=self.robots.data == "obey",
            follow_up=(DEDUP.name,) if self.find_duplicates.data else (),
        )

    def _filters(self) -> CrawlFilters:
        return CrawlFilters(
            size=PictureSize(self.size.data) if self.size.data else None,
            type=PictureType(self.type.data) if self.type.data else None,
            licence=LicenceFilter(self.licence.data) if self.licence.data else None,
            date=PictureAge(self.date.data) if self.date.data else None,
            people=bool(self.people.data),
        )


def _lines(text: str | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in (text or "").splitlines() if line.strip())

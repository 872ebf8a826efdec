"""The page of a job's groups: form, table, chart, comparison, file."""

import html
import re
from datetime import datetime, timedelta

import pytest

from core.database import Database
from models import Job, Label
from tests.cases import in_one_test
from tests.group_rows import File, add_job, files
from tests.unit.web.conftest import Browser

MASK, BARE = Label.WITH_MASK, Label.WITHOUT_MASK


@pytest.fixture
def survey(database: Database) -> int:
    """Twelve days of 20 faces; on the ninth, hardly anybody wears a mask; one day is missing."""
    given: list[File] = []
    for day in range(12):
        if day == 4:
            continue
        taken = datetime(2026, 3, 2, 8, 30) + timedelta(days=day)
        masked = 1 if day == 8 else 14 + day % 2
        path = f"gate{day % 2}/{taken:%Y-%m-%d}/{{}}.jpg"
        given += files(path, masked, 20 - masked, taken_at=taken.isoformat(), camera=f"cam {day % 2}")
    with database.write() as rows:
        return add_job(rows, given, version_id=1).id


def text_of(page: str) -> str:
    """The words of `<main>`."""
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", main)))


def test_days_are_shown_with_the_empty_one_and_the_one_outside(browser: Browser, survey: int) -> None:
    page = browser.get(f"/jobs/{survey}/groups?by=day").text
    words = text_of(page)
    assert "Fri 6 March 2026 0 0 – – –" in words, "a day without photos is shown as empty"
    assert re.search(r"Tue 10 March 2026: 5\.0% is below the limits, [0-9.]+% to [0-9.]+%\.", words)
    assert "▼ below" in words
    assert "No faces are audited, so there are no corrected shares" in words
    assert re.search(r'id="p-chart-text">Raw shares of 11 days, mean 66\.8%; lowest 5\.0% \(Tue 10', page)
    assert page.count('class="p-chart__empty"') == 2, "the mark, and its line in the legend"


def test_every_grouping_has_a_page_and_a_file(browser: Browser, survey: int) -> None:
    for query in (
        "by=hour", "by=weekday&label=incorrect", "by=week&zone=Europe/Berlin&clock_zone=UTC",
        "by=folder&level=2", "by=pattern&pattern={gate}/{date}", "by=camera", "by=host", "by=phrase",
        "by=job", "",
    ):  # fmt: skip
        page = browser.get(f"/jobs/{survey}/groups?{query}")
        assert page.status_code == 200 and "220 220" in text_of(page.text), query
        file = browser.get(f"/jobs/{survey}/groups/table.csv?{query}")
        assert file.status_code == 200 and file.mimetype == "text/csv", query
        assert file.text.splitlines()[-1].startswith(",all,group,220,0,220,0,"), query


def test_the_preview_shows_what_a_pattern_matches_and_the_table_counts_the_rest(
    browser: Browser, survey: int
) -> None:
    words = text_of(browser.get(f"/jobs/{survey}/groups?by=pattern&pattern=gate0/{{date}}").text)
    assert "gate0/2026-03-02/0.jpg date 2026-03-02" in words
    assert re.search(r"gate1/\S+ no match", words)
    assert re.search(r"120 photos: path does not match\.", words)


def test_two_groups_side_by_side(browser: Browser, survey: int) -> None:
    page = browser.get(f"/jobs/{survey}/groups?by=folder&first=gate0&second=gate1")
    assert "No difference can be given: no audited faces: 30 needed." in text_of(page.text)
    assert "Raw shares:" in text_of(page.text)
    gone = browser.get(f"/jobs/{survey}/groups?by=folder&first=gate0&second=none")
    assert gone.status_code == 404 and "group_not_found" in gone.text


def test_two_jobs_side_by_side(browser: Browser, database: Database, survey: int) -> None:
    with database.write() as rows:
        other = add_job(rows, files("new/{}.jpg", 5, 5), version_id=1, title="evening").id
    page = browser.get(f"/jobs/{survey}/groups?by=job&others={other},{survey}")
    assert f"Job {other}: evening 10 10 50.0%" in text_of(page.text)


@in_one_test(
    ("query", "code"),
    [
        ("by=pattern", "grouping_invalid"),
        ("by=pattern&pattern={a}{b}", "pattern_invalid"),
        ("by=hour&zone=Atlantis", "time_zone_unknown"),
        ("by=folder&level=99", "grouping_invalid"),
        ("by=job&others=none", "number_invalid"),
        ("by=job&others=" + ",".join(map(str, range(100, 130))), "too_many_jobs"),
        ("by=job&others=77", "job_not_found"),
    ],
)
def test_a_bad_field_is_said_on_the_page_and_nothing_typed_is_lost(
    browser: Browser, survey: int, query: str, code: str
) -> None:
    answer = browser.get(f"/jobs/{survey}/groups?{query}")
    assert 400 <= answer.status_code < 500
    assert code in answer.text and 'class="panel groups-form"' in answer.text
    value = query.partition("&")[2].partition("=")[2]
    assert value in html.unescape(answer.text)


@in_one_test("query", ["by=mood", "label=not_a_face", "label=x", "level=x"])
def test_a_choice_that_there_is_not_is_refused(browser: Browser, survey: int, query: str) -> None:
    answer = browser.get(f"/jobs/{survey}/groups?{query}")
    assert answer.status_code == 400 and "option_invalid" in answer.text


def test_a_job_that_predicts_nothing_has_no_groups(browser: Browser, database: Database, survey: int) -> None:
    with database.write() as rows:
        rows.get_one(Job, survey).classifier_version_id = None
    answer = browser.get(f"/jobs/{survey}/groups")
    assert answer.status_code == 400 and "job_without_predictions" in answer.text


def test_the_page_of_the_job_links_to_its_groups(browser: Browser, job_id: int) -> None:
    assert f'href="/jobs/{job_id}/groups"' in browser.get(f"/jobs/{job_id}").text

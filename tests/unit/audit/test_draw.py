"""The random draw: every face of a stratum has the same chance, and a larger sample holds the smaller one."""

import tracemalloc

import numpy as np

from core.audit.draw import FaceDraw, PhotoDraw, Smallest, random_numbers
from core.audit.strata import STRATA, stratum_number
from models import Label

SURE, UNSURE = stratum_number(Label.WITH_MASK, 0.99), stratum_number(Label.WITH_MASK, 0.5)


def test_each_face_of_a_stratum_has_the_same_chance() -> None:
    """Counts of 2,000 samples of 5 of 25 faces: a chi-squared test over the faces."""
    counts = np.zeros(25)
    for seed in range(2_000):
        kept = Smallest(5, columns=1)
        faces = np.arange(1, 26)
        kept.add(random_numbers(seed, faces, faces * 3), faces[:, None].astype(float))
        counts[kept.take()[:, 0].astype(int) - 1] += 1
    expected = 2_000 * 5 / 25
    # The 99.9% quantile with 24 degrees of freedom.
    assert ((counts - expected) ** 2 / expected).sum() / (1 - 5 / 25) < 51.2


def add_faces(draw: FaceDraw, faces: int, *, at_once: int = 1_000) -> None:
    for start in range(0, faces, at_once):
        some = range(start, min(start + at_once, faces))
        draw.add(
            [(n + 1, n // 3, UNSURE if n % 10 == 0 else SURE, 0.5 if n % 10 == 0 else 0.99) for n in some]
        )


def test_the_draw_depends_on_the_seed_alone() -> None:
    def drawn(seed: int, at_once: int) -> list[int]:
        draw = FaceDraw(seed=seed, faces=40)
        add_faces(draw, 2_000, at_once=at_once)
        return [face.face_id for face in draw.draw({})[1]]

    assert drawn(1, 7) == drawn(1, 1_000), "slices make no difference"
    assert drawn(1, 1_000) != drawn(2, 1_000)


def test_unsure_faces_are_drawn_more_often_and_chances_are_known() -> None:
    draw = FaceDraw(seed=1, faces=100)
    add_faces(draw, 2_000)
    sizes, faces = draw.draw({})
    assert len(faces) == 100 == sum(size.drawn for size in sizes)
    chances = {size.stratum: size.drawn / size.faces for size in sizes}
    assert chances[UNSURE] > 1.5 * chances[SURE] > 0, "0.5 to 0.3, the deviations of doubts 0.5 and 0.1"
    first = [face.stratum for face in faces[:20]]
    assert abs(first.count(UNSURE) / 20 - sum(f.stratum == UNSURE for f in faces) / 100) < 0.1, "well mixed"


def test_a_larger_sample_holds_the_smaller_one() -> None:
    before: dict[int, int] = {}
    known: set[int] = set()
    for faces in (30, 31, 90):
        draw = FaceDraw(seed=3, faces=faces)
        add_faces(draw, 2_000)
        sizes, drawn = draw.draw(before)
        ids = {face.face_id for face in drawn}
        assert known <= ids
        assert len(ids) == faces
        known, before = ids, {size.stratum: size.drawn for size in sizes}


def test_a_sample_larger_than_the_job_has_all_faces() -> None:
    draw = FaceDraw(seed=3, faces=500)
    add_faces(draw, 120)
    sizes, drawn = draw.draw({})
    assert len(drawn) == 120
    assert all(size.drawn == size.faces for size in sizes)


def test_a_million_faces_need_no_more_memory_than_some() -> None:
    def peak(faces: int) -> int:
        draw = FaceDraw(seed=1, faces=300)
        tracemalloc.start()
        add_faces(draw, faces, at_once=5_000)
        draw.draw({})
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(200_000) < 1.2 * peak(20_000)


def test_photos_are_drawn_once_each() -> None:
    draw = PhotoDraw(seed=1, photos=10)
    draw.add([(n, n // 2 + 1) for n in range(40)])
    photos = draw.draw()
    assert len({photo.photo_id for photo in photos}) == 10
    assert all(photo.position == 2 * (photo.photo_id - 1) for photo in photos), "the first of its files"
    assert [photo.place for photo in photos] == list(range(10))
    assert PhotoDraw(seed=1, photos=0).draw() == []


def test_copies_of_a_photo_take_no_place_of_another() -> None:
    """A folder may hold a photo many times; slices make no difference."""
    drawn = []
    for at_once in (1, 7, 120):
        draw = PhotoDraw(seed=1, photos=10)
        for start in range(0, 120, at_once):
            draw.add([(n, n // 6 + 1) for n in range(start, min(start + at_once, 120))])
        drawn.append([(photo.photo_id, photo.position) for photo in draw.draw()])
    assert len({photo_id for photo_id, _ in drawn[0]}) == 10
    assert drawn[0] == drawn[1] == drawn[2]
    assert all(position == 6 * (photo_id - 1) for photo_id, position in drawn[0]), "the first of its files"


def test_strata_cover_every_sureness() -> None:
    names = [STRATA[stratum_number(Label.INCORRECT, sure)].name for sure in (0.25, 0.8, 0.9499, 0.95, 1.0)]
    assert names == ["incorrect 0.00", "incorrect 0.80", "incorrect 0.80", "incorrect 0.95", "incorrect 0.95"]

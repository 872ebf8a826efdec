"""The labels of a photo from its annotation, and as its row stores them."""

import pytest

from core.datasets.importing.truth import DroppedObject, Truth, label_objects, name_dropped
from core.detection.face import Box
from core.errors import InputError
from core.labels.annotation import LabelledBox, ObjectProblem
from core.labels.voc import read_voc
from models import Label


def voc(*objects: tuple[str, int, int, int, int]) -> bytes:
    inner = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax>"
        f"<ymax>{y2}</ymax></bndbox></object>"
        for name, x1, y1, x2, y2 in objects
    )
    return f"<annotation>{inner}</annotation>".encode()


def parse_annotation(data: bytes) -> Truth:
    return label_objects(read_voc(data))


WITH_MASK = LabelledBox(box=Box(x1=1, y1=2, x2=30, y2=40), label=Label.WITH_MASK)


def test_one_bad_object_costs_only_itself() -> None:
    """Every object that cannot be used is named, and the good ones are kept."""
    data = voc(
        ("with_mask", 30, 40, 1, 2),
        ("scarf", 5, 5, 70, 70),
        ("mask", 5, 5, 5, 70),
        ("", 5, 5, 70, 70),
        ("unlabelled", 50, 50, 70, 70),
    ).replace(b"</annotation>", b"<object><name>mask</name></object></annotation>")
    truth = parse_annotation(data)
    assert truth.boxes == (WITH_MASK,)
    assert truth.unlabelled == (Box(x1=50, y1=50, x2=70, y2=70),)
    assert [(each.word, each.problem) for each in truth.dropped] == [
        ("scarf", ObjectProblem.WORD_UNKNOWN),
        ("mask", ObjectProblem.BOX_EMPTY),
        ("", ObjectProblem.WORD_MISSING),
        ("mask", ObjectProblem.BOX_MISSING),
    ]
    assert truth.has_lost_objects and not truth.is_unusable
    assert Truth.from_json(truth.to_json()) == truth


def test_size_and_completeness_come_from_the_file() -> None:
    size = b"<size><width>640</width><height>480</height></size><all_faces_boxed>1</all_faces_boxed>"
    truth = parse_annotation(voc(("mask", 1, 2, 30, 40)).replace(b"</annotation>", size + b"</annotation>"))
    assert (truth.frame, truth.all_faces_boxed) == ((640, 480), True)
    assert Truth.from_json(truth.to_json()) == truth
    unknown = size.replace(b"640", b"0")
    assert parse_annotation(b"<annotation>" + unknown + b"</annotation>").frame is None


def test_labels_that_an_older_release_stored_are_read() -> None:
    stored = {"boxes": [[1.0, 2.0, 30.0, 40.0, "with_mask", None]]}
    assert Truth.from_json(stored) == Truth(boxes=(WITH_MASK,))


def test_dropped_objects_in_words() -> None:
    scarf = DroppedObject(word="scarf", problem=ObjectProblem.WORD_UNKNOWN)
    tiny = DroppedObject(word="with_mask", problem=ObjectProblem.BOX_TINY)
    assert (
        name_dropped((scarf, tiny, scarf))
        == "1 with a tiny box ('with_mask'), 2 with an unknown label ('scarf')"
    )


def test_an_unreadable_annotation_is_an_error() -> None:
    with pytest.raises(InputError, match="syntax") as caught:
        parse_annotation(b"no xml")
    assert caught.value.code == "bad_annotation"


def test_an_entity_bomb_is_refused() -> None:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><annotation>&e12;</annotation>'
    with pytest.raises(InputError):
        parse_annotation(bomb.encode())

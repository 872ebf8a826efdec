"""Open a set in its format: what it says about each photo, found by the photo's path."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from core.datasets.importing.annotations import AnnotationIndex
from core.datasets.importing.formats.coco import read_coco
from core.datasets.importing.formats.createml import read_createml
from core.datasets.importing.formats.csv_boxes import read_csv
from core.datasets.importing.formats.cvat import read_cvat
from core.datasets.importing.formats.image_folder import read_image_folder
from core.datasets.importing.formats.label_studio import read_label_studio
from core.datasets.importing.formats.reading_time import TimeOverError
from core.datasets.importing.formats.recognise import Recognition, recognise
from core.datasets.importing.formats.record import (
    Problems,
    SetFormat,
    SetRecord,
    split_of_folders,
    split_of_name,
)
from core.datasets.importing.formats.records import RecordStore
from core.datasets.importing.formats.set_files import SetFiles
from core.datasets.importing.formats.webdataset import Samples
from core.datasets.importing.formats.wider_face import read_wider_face
from core.datasets.importing.formats.yolo import YoloLabels
from core.errors import InputError
from core.labels.voc import read_voc

#: Formats whose files are about many photos; all are read when the set is opened.
_READERS: dict[SetFormat, Callable[[SetFiles, list[bytes], Problems], Iterator[SetRecord]]] = {
    SetFormat.COCO: read_coco,
    SetFormat.LABEL_STUDIO: read_label_studio,
    SetFormat.CVAT: read_cvat,
    SetFormat.CREATEML: read_createml,
    SetFormat.IMAGE_FOLDER: read_image_folder,
    SetFormat.WIDER_FACE: read_wider_face,
    SetFormat.CSV: read_csv,
}
#: Endings of the files of a format that was chosen and in which no file was recognised.
_ENDINGS = {
    SetFormat.COCO: (b".json",),
    SetFormat.LABEL_STUDIO: (b".json",),
    SetFormat.CVAT: (b".xml",),
    SetFormat.CREATEML: (b".json",),
    SetFormat.IMAGE_FOLDER: (b"metadata.jsonl", b"metadata.csv", b"metadata.parquet"),
    SetFormat.WIDER_FACE: (b".txt",),
    SetFormat.CSV: (b".csv", b".tsv", b".parquet"),
}


@dataclass(frozen=True, kw_only=True)
class LabelledSet:
    """A set that was opened."""

    recognition: Recognition
    index: AnnotationIndex[SetRecord]
    problems: Problems
    files: SetFiles

    def find(self, photo: bytes) -> SetRecord | None:
        """What the set says about the photo at a path; None if nothing.

        Raises InputError annotation_ambiguous, bad_annotation, or why its file cannot be read.
        """
        return self.index.read(photo)

    def is_complete(self, record: SetRecord) -> bool:
        """Whether the file of a record was read to its end, so that no box of the photo is missing."""
        return record.source not in self.problems.incomplete


def open_set(files: SetFiles, chosen: SetFormat | None = None) -> LabelledSet:
    """Recognise the format of a set, unless it is chosen, and index what its files say.

    Nothing of a set makes this fail: what cannot be read is counted in `problems`.
    """
    problems = Problems()
    recognition = recognise(files, chosen, problems)
    return LabelledSet(
        recognition=recognition, index=_index(files, recognition, problems), problems=problems, files=files
    )


def _index(files: SetFiles, recognition: Recognition, problems: Problems) -> AnnotationIndex[SetRecord]:
    format_ = recognition.format
    if format_ is SetFormat.VOC:
        return AnnotationIndex(files.ending(b".xml"), lambda path: _read_voc(files, path), files.photos)
    if format_ is SetFormat.YOLO:
        labels = YoloLabels(files, problems)
        return AnnotationIndex(labels.paths(), labels.read, files.photos)
    if format_ is SetFormat.WEBDATASET:
        samples = Samples(files, problems)
        return AnnotationIndex(samples.paths(), samples.read, files.photos)
    if format_ is SetFormat.FOLDERS:
        return AnnotationIndex((), _nothing, files.photos)
    sources = recognition.sources.get(format_) or files.ending(*_ENDINGS[format_])
    store = RecordStore(_guarded(files, format_, sources, problems))
    return AnnotationIndex(store.paths(), store.read, files.photos, aliases=store.aliases)


def _guarded(
    files: SetFiles, format_: SetFormat, sources: list[bytes], problems: Problems
) -> Iterator[SetRecord]:
    """The records of each file; an error that its reader did not foresee costs the rest of that file only."""
    for source in sources:
        try:
            records = map(_with_plain_name, _READERS[format_](files, [source], problems))
            yield from map(_below_its_split, records)
        except TimeOverError:
            problems.incomplete.add(source)
            return
        except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError, MemoryError) as error:
            problems.cut(source, f"{type(error).__name__}: {error}")


def _with_plain_name(record: SetRecord) -> SetRecord:
    """The record at the name of its photo without the `%20` of addresses too."""
    plain = unquote_to_bytes(record.photo)
    return record if plain == record.photo else replace(record, also_named=(*record.also_named, plain))


def _below_its_split(record: SetRecord) -> SetRecord:
    """The record at the folder of its split too, where only the name of its file says the split.

    `train.csv` and `test.csv` may both name `1.jpg`, of which there is one in `train` and one in `test`.
    """
    folder, slash, name = record.photo.rpartition(b"/")
    split = split_of_name(record.source)
    if split is None or folder != record.source.rpartition(b"/")[0]:
        return record
    path = folder + slash + split.value.encode() + b"/" + name
    return replace(record, photo=path, also_named=(record.photo, *record.also_named))


def _read_voc(files: SetFiles, path: bytes) -> SetRecord:
    return SetRecord(
        photo=path, source=path, annotation=read_voc(files.read(path)), split=split_of_folders(path)
    )


def _nothing(path: bytes) -> SetRecord:
    raise InputError("file_gone", "Folders named by label have no annotation files.")

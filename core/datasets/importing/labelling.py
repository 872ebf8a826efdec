"""Label the photos of a set while it is listed: from annotations, else from the names of folders."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from core.datasets.importing.annotations import is_layout_folder
from core.datasets.importing.formats.opening import LabelledSet, open_set
from core.datasets.importing.formats.reading_time import ReadingTime
from core.datasets.importing.formats.record import SetRecord, split_of_folders
from core.datasets.importing.formats.set_files import archive_files, bucket_files, folder_files, upload_files
from core.datasets.importing.formats.split_lists import SplitLists
from core.datasets.importing.job_kind import ImportOptions
from core.datasets.importing.truth import LABEL_UNKNOWN, Truth, label_objects
from core.datasets.importing.words import WordTally
from core.errors import InputError
from core.item_errors import ItemErrors
from core.labels.label_words import LONGEST_WORD, LabelWord, LabelWords, OtherWord, says_no_face
from core.library.files.bucket import NO_BUCKETS
from core.library.files.store import PhotoStore
from core.predict.listing.photos import ListedPhoto, UploadedFile
from core.storage.address import is_address
from core.storage.inputs import InputBuckets
from models import Split

#: Code of a photo without boxes in a file that is cut off: it may have had some.
INCOMPLETE = "annotation_incomplete"
_UNKNOWN = "The photo has no annotation, and none of its folders is named after a label."
#: Folders that divide a set; nobody would name a label so.
_PARTS_OF_SETS = frozenset(
    ("train", "training", "test", "testing", "val", "valid", "validation", "data", "dataset", "datasets")
)


class SetLabels:
    """Labels the photos of one set, and counts its words in `tally`."""

    def __init__(
        self, labelled: LabelledSet, words: LabelWords, *, root_name: str, keep_splits: bool = False
    ) -> None:
        """`root_name` is the name of the folder that holds the set; empty for an upload."""
        self.labelled = labelled
        self.tally = WordTally(words)
        self._words = words
        self._root_name = root_name
        self._lists = SplitLists(labelled.files) if keep_splits else None
        self._errors = ItemErrors()
        #: Whether files of the set were left unread, so that a photo without a label may have one.
        self.is_partial = False

    def label(self, listed: ListedPhoto) -> ListedPhoto:
        """The listed photo with its truth, or with the error why it has none.

        Codes: label_unknown, label_ignored, bad_annotation, annotation_ambiguous, annotation_incomplete,
        and those of `read_photo`.
        """
        if listed.error_code is not None:
            return listed
        try:
            truth = self.truth_of(listed.locator)
        except Exception as error:
            failure = self._errors.input_error(error, name=listed.name)
            return replace(listed, error_code=failure.code, error_message=failure.message)
        return replace(listed, truth=truth.to_json())

    def truth_of(self, photo: bytes) -> Truth:
        """The labels of the photo at a path; raises InputError, see `label`."""
        record = self.labelled.find(photo)
        truth = None if record is None else self._record_truth(record)
        if truth is None:
            truth = self._folder_truth(photo)
        if truth is None:
            raise self.labelled.index.explain_none(photo) or InputError(LABEL_UNKNOWN, _UNKNOWN)
        return replace(
            truth, split=self._split_of(photo, record), licence=None if record is None else record.licence
        )

    def _record_truth(self, record: SetRecord) -> Truth | None:
        """What a record says; None if it has neither boxes nor a label."""
        if record.annotation is not None:
            self.tally.add_objects(each.word for each in record.annotation.objects)
            truth = label_objects(record.annotation, self._words.read_word)
            truth = replace(truth, is_incomplete=not self.labelled.is_complete(record))
            if truth.is_incomplete and not record.annotation.objects:
                raise InputError(
                    INCOMPLETE, "Its annotation file is damaged, and may have lost the photo's boxes."
                )
            return truth
        if record.label is None:
            return None
        self.tally.add_folder(record.label)
        if self._words.means_in_folder(record.label) is None and not says_no_face(record.label):
            raise InputError(
                LABEL_UNKNOWN, f"The label {record.label[:LONGEST_WORD]!r} of the photo is unknown."
            )
        return self._read_label(record.label)

    def _split_of(self, photo: bytes, record: SetRecord | None) -> Split | None:
        """The split that the set gives a photo, if it is to be kept: by its record, a list or its folder."""
        if self._lists is None:
            return None
        said = record.split if record is not None else None
        return said or self._lists.split_of(photo) or split_of_folders(photo)

    def _folder_truth(self, photo: bytes) -> Truth | None:
        """From the innermost folder that is named after a label; None without such a folder."""
        folders = [_folder_name(part) for part in photo.split(b"/")[:-1]]
        names = [name for name in (*reversed(folders), self._root_name) if name]
        for name in names:
            if self._words.means_in_folder(name) is not None or says_no_face(name):
                self.tally.add_folder(name)
                return self._read_label(name)
        unknown = next((name for name in names if not _is_neutral(name)), None)
        if unknown is not None:
            self.tally.add_folder(unknown)
        return None

    def _read_label(self, name: str) -> Truth:
        """What the name of a folder, or the label of a whole picture, says about the photo."""
        meaning = self._words.means_in_folder(name)
        if isinstance(meaning, LabelWord):
            return Truth(label=meaning.label, mask_kind=meaning.mask_kind)
        if meaning is OtherWord.IGNORED:
            raise InputError("label_ignored", f"The label {name!r} was chosen to be left out.")
        # Faces of a folder without a label are found, but nothing is said about them.
        return Truth(all_faces_boxed=meaning is None)


def open_labels(
    options: ImportOptions,
    uploaded: Sequence[UploadedFile],
    *,
    store: PhotoStore,
    roots: Sequence[Path],
    buckets: InputBuckets = NO_BUCKETS,
    check: Callable[[], None] = lambda: None,
    seconds: float | None = None,
) -> SetLabels:
    """Open the folder or the upload of an import, whose files are `uploaded`; `check` is called often.

    An archive in the place of the folder is opened too, which commands preview. After so many seconds the
    rest of its files is left unread, and `is_partial` says so.
    """
    reading = ReadingTime(seconds)
    place = None if options.folder is None else Path(options.folder)
    if place is None:
        found = upload_files(uploaded, store)
    elif options.folder is not None and is_address(options.folder):
        found = bucket_files(buckets.open(options.folder), check, stop=lambda: reading.is_over)
    else:
        is_file = place.is_file()
        found = (
            archive_files(place)
            if is_file
            else folder_files(place, roots, check, stop=lambda: reading.is_over)
        )
    labels = SetLabels(
        open_set(found if seconds is None else reading.limit(found), options.format),
        options.words,
        root_name="" if place is None or place.is_file() else place.name,
        keep_splits=options.keep_splits,
    )
    reading.lift()
    labels.is_partial = reading.was_over
    return labels


def _folder_name(part: bytes) -> str:
    """A folder's name as text; an archive counts as a folder of its name."""
    return part.decode("utf-8", "replace").removesuffix(".zip")


def _is_neutral(name: str) -> bool:
    return is_layout_folder(name) or name.casefold() in _PARTS_OF_SETS

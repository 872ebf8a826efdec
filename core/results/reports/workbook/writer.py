"""The workbook as a report format, written in constant memory."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from core.results.reports.csv_files import PHOTO_COLUMNS, face_columns, face_values, photo_values
from core.results.reports.report_file import FormatWriter, Output, temporary_folder, write_error
from core.results.reports.rows import PhotoRow
from core.results.reports.workbook.cells import CellFormats, in_utc, plain_text
from core.results.reports.workbook.groups import GroupsSheet
from core.results.reports.workbook.summary import SummarySheet
from core.results.reports.workbook.table import Table


class XlsxWorkbook(FormatWriter):
    """The workbook; rows are files of the job.

    XlsxWriter keeps one row a sheet in memory, the others in files of a folder beside the report.
    """

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        self._place = Path(str(output.file.name))
        self._folder = temporary_folder(self._place)
        self._book = Workbook(output.file, {"constant_memory": True, "tmpdir": str(self._folder)})
        self._book.use_zip64()
        formats = CellFormats.of(self._book)
        columns = face_columns(names_people=output.job.names_people)
        with self._named_errors():
            self._summary = SummarySheet(self._book, formats)
            self._groups = GroupsSheet(self._book, formats) if output.read_shares else None
            self._photos = Table(self._book, "photos", PHOTO_COLUMNS, formats)
            self._faces = Table(self._book, "faces", columns, formats, of_faces=True)

    def add(self, photo: PhotoRow) -> None:
        """Write the rows of one file and its faces."""
        with self._named_errors():
            self._photos.add(photo_values(photo))
            for face in photo.faces:
                self._faces.add(face_values(self.output.job, photo, face))
        self.rows += 1

    def finish(self) -> None:
        """Write the summary, and put the workbook together."""
        job = self.output.job
        about = {"title": plain_text(job.title), "author": "Maskloop", "created": in_utc(job.read_at)}
        shares = self.output.read_shares() if self.output.read_shares else None
        with self._named_errors():
            self._summary.write(job, self.output.summary, shares)
            if self._groups is not None and shares is not None:
                self._groups.write(shares)
            self._photos.end()
            self._faces.end()
            self._book.set_properties(about)
            self._book.close()

    def close(self) -> None:
        """Remove the temporary files."""
        for sheet in self._book.worksheets():
            for file in (sheet.row_data_fh, sheet.fh):
                # After an error, which is known already.
                with suppress(OSError, AttributeError):
                    file.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Raise errors of the temporary files as those of the report."""
        try:
            yield
        except FileCreateError as error:
            raise write_error(error.args[0], self._place) from error
        except OSError as error:
            raise write_error(error, self._place) from error

"""evidence.zip: a signed pack of the report files, hashes of all photos, options, versions and the audit."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict

from core.errors import PermanentError
from core.evidence.contents import ReportCopy
from core.evidence.pack import ABOUT, PackWriter
from core.results.reports.json_lines import job_line
from core.results.reports.report_file import FormatWriter, Output
from core.results.reports.rows import PhotoRow

#: Increased when a file or field changes its meaning or is removed.
FORMAT_VERSION = 1
PHOTOS = "photos.sha256"
CARD = "classifier-card.json"


class EvidenceZip(FormatWriter):
    """The pack; rows are photos with a hash. Raises PermanentError contents_not_given or report_changed."""

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        if output.read_contents is None:
            raise PermanentError(
                "contents_not_given", "The evidence pack needs the key and the report files."
            )
        self._contents = output.read_contents()
        self._reports: list[ReportCopy] = []
        self._pack = PackWriter(output.file, self._contents.key, output.job.read_at)
        self._held = ExitStack()
        try:
            self._photos = self._held.enter_context(self._pack.open(PHOTOS))
        except BaseException:
            self.close()
            raise

    def add(self, photo: PhotoRow) -> None:
        """Write the hash of one photo; a file that was not read has none."""
        if photo.sha256 is not None:
            self._photos.write(sums_line(photo.sha256, photo.locator))
            self.rows += 1

    def finish(self) -> None:
        """Add all other files and sign."""
        self._held.close()
        job = self.output.job
        earlier = {copy.name: copy for copy in self._contents.reports}
        self._reports = list((earlier | self._finished()).values())
        for copy in self._reports:
            self._add_report(copy)
        if job.classifier is not None:
            self._pack.add(CARD, _json(job.classifier.card))
        for name, data in self._contents.files.items():
            self._pack.add(name, data)
        self._pack.add(ABOUT, _json(dict(self._about())))
        self._pack.close()

    def close(self) -> None:
        """Let go of the zip."""
        with suppress(Exception):  # after an error, which is known already
            self._held.close()
        with suppress(Exception):
            self._pack.abandon()

    def _finished(self) -> dict[str, ReportCopy]:
        """The files of the same pass, which replace earlier ones."""
        at = self.output.job.read_at
        return {
            file.path.name: ReportCopy(name=file.path.name, path=file.path, sha256=file.sha256, written_at=at)
            for file in self.output.finished.values()
        }

    def _add_report(self, report: ReportCopy) -> None:
        name = report.name
        try:
            with report.path.open("rb") as file:
                found = self._pack.copy(f"report/{name}", file)
        except OSError as error:
            message = f"{name} cannot be read: {error.strerror}. Write the report again."
            raise PermanentError("report_changed", message) from error
        if found != report.sha256:
            message = f"{name} is not the file that was written. Write the report again."
            raise PermanentError("report_changed", message)

    def _about(self) -> Iterator[tuple[str, object]]:
        job, summary = self.output.job, self.output.summary
        yield "format", "maskloop-evidence"
        yield "format_version", FORMAT_VERSION
        yield "job", job.job_id
        yield "title", job.title
        yield "written_at", job.read_at.isoformat()
        yield "report", job_line(job)
        yield "options", dict(self._contents.options)
        yield "software", dict(self._contents.software)
        yield "counts", asdict(summary.predicted_counts)
        yield "final_labels", {label.value: count for label, count in sorted(summary.labels.items())}
        yield "faces_decided", summary.decided
        yield "photos_hashed", self.rows
        yield (
            "report_files",
            [
                {
                    "name": report.name,
                    "sha256": report.sha256,
                    "written_at": report.written_at and report.written_at.isoformat(),
                }
                for report in self._reports
            ],
        )


def sums_line(sha256: str, name: bytes) -> bytes:
    r"""A line as `sha256sum` writes it: backslash, newline and return of a name are escaped; a \ marks it."""
    escaped = name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    mark = b"" if escaped == name else b"\\"
    return mark + sha256.encode("ascii") + b"  " + escaped + b"\n"


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True).encode("ascii") + b"\n"

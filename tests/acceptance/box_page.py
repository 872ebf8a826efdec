"""The box editor in a browser, addressed in pixels of the photo."""

from dataclasses import dataclass

from playwright.sync_api import Page, expect
from sqlalchemy import select

from core.boxes.queries import read_counting_faces
from models import BoxEdit, Decision
from tests.acceptance.live_pages import Visitor, press, settle

#: The photo of `add_finished_job` with one face, at 200, 100 to 320, 250 of 600 x 400 pixels.
PHOTO_ID = 2


@dataclass(frozen=True, kw_only=True)
class BoxPage:
    """The open editor of one photo, and its faces in the database."""

    visitor: Visitor
    photo_id: int = PHOTO_ID

    @property
    def page(self) -> Page:
        return self.visitor.page

    def open(self, query: str = "") -> None:
        self.visitor.goto(f"/boxes/photos/{self.photo_id}{query}")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The current screen position of a point of the photo."""
        frame = self.page.locator("#sheet").bounding_box()
        return frame["x"] + x * frame["width"] / 600, frame["y"] + y * frame["height"] / 400

    def scale(self) -> float:
        return self.page.locator("#sheet").bounding_box()["width"] / 600

    def zoom_at(self, x: float, y: float, *, times: int) -> None:
        self.page.mouse.move(*self.at(x, y))
        for _ in range(times):
            self.page.mouse.wheel(0, -200)
        settle(self.page)

    def drag(self, start: tuple[float, float], end: tuple[float, float], *, button: str = "left") -> None:
        """Drag from one point of the photo to another, with a stop on the way."""
        (x, y), (to_x, to_y) = self.at(*start), self.at(*end)
        self.page.mouse.move(x, y)
        self.page.mouse.down(button=button)
        self.page.mouse.move((x + to_x) / 2, (y + to_y) / 2)
        self.page.mouse.move(to_x, to_y)
        self.page.mouse.up(button=button)

    def press(self, *keys: str) -> None:
        press(self.page, *keys)

    def saved(self) -> None:
        """Wait until all edits are saved."""
        expect(self.page.locator("#sending")).to_have_text("Saved")
        assert self.kept() == 0

    def kept(self) -> int:
        """Number of pages with pending edits in the browser."""
        kept = "Object.keys(localStorage).filter((key) => key.startsWith('edits:'))"
        return self.page.evaluate(f"{kept}.length")

    def boxes(self) -> list[tuple[float, float, float, float]]:
        """Boxes of the faces that count, oldest first."""
        with self.visitor.site.database.read() as rows:
            faces = read_counting_faces(rows, [self.photo_id])[self.photo_id]
        return [(face.x1, face.y1, face.x2, face.y2) for face in faces]

    def labels(self) -> list[str | None]:
        with self.visitor.site.database.read() as rows:
            return [face.label for face in read_counting_faces(rows, [self.photo_id])[self.photo_id]]

    def edits(self) -> int:
        with self.visitor.site.database.read() as rows:
            return len(rows.scalars(select(BoxEdit)).all())

    def decisions(self) -> list[tuple[int, str | None, str]]:
        with self.visitor.site.database.read() as rows:
            return [
                (d.face_id, d.label, d.queue) for d in rows.scalars(select(Decision).order_by(Decision.id))
            ]

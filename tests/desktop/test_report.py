"""The report: its pages hold together, its pictures have plain names."""

from pathlib import Path

import pytest
from reportlab.platypus import Paragraph, Table

from desktop import report
from desktop.pictures import slug
from tests.desktop import made  # noqa: F401  (declares the steps)
from twin.errors import Cancelled
from twin.jobs import Job
from twin.progress import Progress
from twin.record import Record


def test_a_heading_is_never_left_at_the_foot_of_a_page(hip: Path) -> None:
    with Record.open(hip, write=False) as record:
        story = report._story(record, (), 500.0)
    styles = [one.style.name if isinstance(one, Paragraph) else type(one).__name__ for one in story]
    assert styles.count("head") == 3  # the result, what is in the record, how it was made
    for n in (n for n, style in enumerate(styles) if style == "head"):
        table = next(m for m in range(n, len(story)) if isinstance(story[m], Table))
        assert all(one.style.keepWithNext for one in story[n:table])  # type: ignore[attr-defined]


def test_the_report_tells_how_far_it_is(scan: Path, tmp_path: Path) -> None:
    told: list[str] = []
    job = Job(report.draw_and_write, scan, tmp_path / "scan.pdf", True, title="report")
    job.wait(lambda job: told.append(job.text))
    job.close()
    assert "making ready to draw" in told  # the first; of those that follow fast, some are passed over
    assert (tmp_path / "scan.pdf").read_bytes().startswith(b"%PDF")


def test_the_report_stops_where_it_is_asked_to(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(record: Path, folder: Path, progress: Progress) -> list[Path]:
        progress(0.5, "drawing")
        raise AssertionError("it was not stopped")

    monkeypatch.setattr("desktop.pictures.draw", draw)
    told: list[str] = []
    progress = Progress(lambda _fraction, text: told.append(text), lambda: bool(told))
    with pytest.raises(Cancelled):
        report.draw_and_write(scan, tmp_path / "scan.pdf", True, progress)
    assert told == ["making ready to draw"]
    assert not (tmp_path / "scan.pdf").exists()


def test_pictures_have_plain_names() -> None:
    name = "3 walking strain / yield (3 mm average) from the front"
    assert slug(name) == "3-walking-strain-per-yield-3-mm-average-from-the-front"
    assert slug("1 axial slice") == "1-axial-slice"


def test_how_it_was_made_speaks_as_the_window_does(hip: Path) -> None:
    with Record.open(hip, write=False) as record:
        rows = {row[2]: row[3] for row in map(report._step_row, record.history.chain())}
    assert "Make a volume (test.volume v1)" in rows
    told = rows["Find the ball (test.labels v1)"]
    assert told == "Seconds 0; Side left"

"""The report: its pages hold together, its pictures have plain names."""

from pathlib import Path

import numpy as np
import pytest
from reportlab.platypus import PageBreak, Paragraph, Table
from reportlab.platypus.tableofcontents import TableOfContents

from desktop import pictures, printing, report, words
from desktop.front_page import limits_in_short
from desktop.key_numbers import key_numbers, rests_on
from desktop.pictures import slug
from tests.desktop import made  # noqa: F401  (declares the steps)
from twin.domain import Volume
from twin.errors import Cancelled
from twin.jobs import Job
from twin.progress import Progress
from twin.record import Entry, Record


def test_a_heading_is_never_left_at_the_foot_of_a_page(hip: Path) -> None:
    with Record.open(hip, write=False) as record:
        story = report._story(record, ())
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


def number(name: str, value: float, low: float | None = None, high: float | None = None, **more: str) -> dict:
    return {"name": name, "value": value, "unit": "mL", "low": low, "high": high, "remark": "", "at": None,
            "causes": None} | more  # fmt: skip


def entry(kind: str, numbers: list[dict], **tree: object) -> Entry:
    return Entry("x1", kind, "beat", "", 1, "", "", {"numbers": numbers, "notes": []} | tree, 0)


def test_the_first_page_tells_whose_what_and_the_numbers_with_their_limits(hip: Path) -> None:
    with Record.open(hip, write=False) as record:
        result = next(e for e in record.entries() if e.kind == "result")
        story = report._story(record, ())
    ends = next(n for n, one in enumerate(story) if isinstance(one, PageBreak))
    first = " ".join(written(story[:ends]))
    assert "HIP, Model" in first
    assert "Imaged: CT: CT hip." in first
    for n in result.numbers:
        assert words.number(n["value"], n["unit"]) in first
    assert all(limit in first for limit in result.tree["limits"])


def test_the_contents_name_each_part_with_its_page(hip: Path, tmp_path: Path) -> None:
    with Record.open(hip, write=False) as record:
        result = next(e for e in record.entries() if e.kind == "result")
        story = report._story(record, ())
        contents = next(one for one in story if isinstance(one, TableOfContents))
        printing.build(tmp_path / "hip.pdf", "report", story, report._page(record))
    told = [(line, page) for _level, line, page, _key in contents._lastEntries]
    assert told == [(result.name, 2), ("What is in the record", 2), ("How it was made", 2)]
    assert (tmp_path / "hip.pdf").read_bytes().count(b"/Link") >= len(told)


def written(story: list) -> list[str]:
    """Return the texts of paragraphs and of tables' cells."""
    cells = [cell for one in story if isinstance(one, Table) for row in one._cellvalues for cell in row]
    return [one.getPlainText() for one in (*story, *cells) if isinstance(one, Paragraph)]


def test_a_number_says_what_it_rests_on() -> None:
    beat = entry(
        "result",
        [
            number("end-diastolic volume", 170.0, 165.0, 174.0),
            number("systolic arterial pressure", 121.0, 114.0, 125.0),
            number("stroke volume", 108.0, 103.0, 116.0),
            number("end-diastolic volume, imaged", 173.0),
            number("systolic cuff pressure, assumed", 120.0),
            number("wall motion, endocardium, predicted", 2.0),
        ],
    )
    assert [rests_on(beat, n) for n in beat.numbers] == [
        "fitted to imaged 173 mL", "fitted to assumed 120 mL", "computed", "imaged", "assumed", "predicted"
    ]  # fmt: skip
    assert rests_on(entry("motion", []), number("stroke volume", 1.0)) == "imaged"


def test_of_many_numbers_those_with_an_interval_and_the_checks_come_first() -> None:
    bare = [number(f"fiber stress, place {n}", float(n)) for n in range(9)]
    known, check = number("stroke volume", 108.0, 103.0, 116.0), number("wall motion, predicted", 2.0)
    assert key_numbers(entry("result", [*bare, known, check])) == [known, check]
    assert key_numbers(entry("result", bare[:3])) == bare[:3]


def test_what_is_assumed_is_told_in_one_line_and_no_limit_twice() -> None:
    beat = entry("result", [], limits=["no inertia", "assumed: cuff pressure 120/78 mmHg", "no inertia"])
    heart = entry("heart", [], limits=["assumed: rate 70/min", "no inertia"])
    told = limits_in_short([beat, heart])
    assert told == ["assumed: cuff pressure 120/78 mmHg; rate 70/min", "no inertia"]


def test_bare_numbers_of_many_places_share_a_row() -> None:
    places = [number(f"fiber stress, segment {n}", 50.0 + n) for n in range(5)]
    rows = list(report._rows([number("twist", 18.0), *places, number("volume, imaged", 1.0)]))
    assert [row[0] for row in rows] == ["Twist", "Fiber stress", "Volume, imaged"]
    assert rows[1][1] == "50–54 mL"
    assert rows[1][3].startswith("segment 0 50; segment 1 51; ")


def test_a_sentence_that_many_remarks_share_stands_once_under_the_table() -> None:
    rows = [["", "", "", f"Its own {n}. Not checked."] for n in "abc"]
    told, under = report._shared([*rows, ["", "", "", "Other."]])
    assert [row[3] for row in told] == ["Its own a. (a)", "Its own b. (a)", "Its own c. (a)", "Other."]
    assert under == ["(a) Not checked."]


def test_numbers_and_limits_that_were_told_are_not_told_again() -> None:
    told = report._Told()
    shared, own = number("volume", 1.0), number("stiffness", 2.0)
    told.new_numbers(entry("result", [shared]))
    assert told.new_numbers(entry("heart", [own, shared])) == ([own], ["beat"])
    other = number("volume", 1.5)
    assert told.new_numbers(entry("heart", [other])) == ([other], [])


def test_an_image_of_one_slice_is_drawn_in_its_own_plane_only() -> None:
    voxels = np.zeros((1, 8, 8), np.uint16)
    sagittal = np.eye(4)[:, [1, 2, 0, 3]]  # columns back, rows up, slices to the left
    assert pictures._planes_of(Volume(voxels, sagittal, "MR")) == ["sagittal"]
    assert pictures._planes_of(Volume(voxels, np.eye(4), "MR")) == ["axial"]
    stack = np.zeros((4, 8, 8))
    assert pictures._planes_of(Volume(stack, np.eye(4), "MR")) == ["axial", "coronal"]
    assert pictures._planes_of(Volume(stack, sagittal, "MR")) == ["sagittal", "axial"]


def test_of_a_heart_its_wall_is_told_and_neither_its_fit_nor_each_segment() -> None:
    fitted = number("peak tension", 240.0, 200.0, 280.0, remark="Fitted; 21 % as wide as before.")
    scar = number("scar", 15.1, remark="Of the meshed wall, at 1.05 g/mL: by its share. Both differ.")
    share = number("scar, basal anterior", 12.0)
    imaged = number("ejection fraction, imaged", 60.0, remark="The fitted beat is +1.0 points off.")
    heart = entry("heart", [fitted, scar, share, imaged])
    assert key_numbers(heart) == [scar]
    assert rests_on(heart, scar) == "Of the meshed wall, at 1.05 g/mL"
    assert rests_on(heart, fitted) == "fitted"

"""A number that is not finite is said to be not determined, wherever it is shown, and stops nothing."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from reportlab.platypus import Table

from desktop import report, words
from desktop.cli.work import print_entry
from desktop.main import main
from desktop.window import MainWindow
from physics.whatif.apart import apart_of
from physics.whatif.figures import figures
from tests.desktop.conftest import do, settle
from twin.exports import export
from twin.record import Record


@pytest.fixture
def record(hip: Path) -> Path:
    """A record whose last result has a stress of NaN, and an interval up to infinity."""
    with Record.open(hip) as opened:
        do(opened, "test.result", determined=False)
    return hip


def test_a_card_says_so_and_tells_where_it_comes_from(record: Path, window: MainWindow, qtbot) -> None:
    window.open_paths([record])
    settle(window, qtbot)
    window.actions_["go.simulate"].trigger()
    settle(window, qtbot)
    answer = window.panels["simulate"].answer
    assert answer.numbers.texts() == ["Von Mises stress: not determined (no interval)"]
    answer.slider.setValue(150)  # nothing to scale
    answer.numbers._explain(0)
    assert "Interval" not in dict(answer.numbers.chain.lines)


def test_the_command_line_its_json_and_csv_and_the_report(
    record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Record.open(record, write=False) as opened:
        entry = opened.entries()[-1]
        print_entry(opened, opened.log()[-1])
        assert "  Stress: not determined\n" in capsys.readouterr().out
        table = next(
            one
            for one in report._result(opened, entry, report_text, report._Told())
            if isinstance(one, Table)
        )
        assert [cell.text for cell in table._cellvalues[1]] == ["Von Mises stress", "not determined", "", ""]
        written = export(opened.load(entry.id), tmp_path / "numbers.csv")
    (row,) = csv.DictReader(written.open(encoding="utf-8"))
    assert (row["value"], row["low"], row["high"]) == ("", "13.5", "")
    assert main(["list", str(record), "--json"]) == 0
    (number,) = json.loads(capsys.readouterr().out, parse_constant=refused)[-1]["numbers"]
    assert (number["value"], number["low"], number["high"]) == (None, 13.5, None)


def report_text(line: str, _style: str = "body") -> str:
    return line


def refused(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.mark.parametrize("value", [None, np.nan, np.inf, -np.inf])
def test_words_for_what_is_no_number(value: float | None) -> None:
    number: Mapping[str, object] = {"value": value, "unit": "mmHg", "low": None, "high": None}
    assert words.number(value, "mmHg") == "not determined"
    assert words.told("lv_peak_pressure_mmhg", value)[1] == "not determined"
    assert words.told("note", None)[1] == ""  # nothing is said of what is no number
    assert words.with_interval(number) == "not determined (no interval)"


def test_a_comparison_of_beats_says_so_too() -> None:
    assert figures(np.nan, "+") == "not determined"
    live, full = {"lv_stroke_volume_ml": np.nan}, {"lv_stroke_volume_ml": 80.0}
    assert apart_of(live, full) == apart_of(full, live) == ()

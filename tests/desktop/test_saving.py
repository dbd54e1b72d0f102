"""Where what is saved goes."""

from pathlib import Path

from desktop.commands import BY_ID
from desktop.window import MainWindow
from tests.desktop.conftest import settle


def test_what_is_saved_goes_beside_the_record_and_then_where_the_last_went(
    opened: MainWindow, scan: Path, tmp_path: Path, qtbot, monkeypatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setenv("VITRUVIAN_TWINS", str(tmp_path / "nowhere"))  # as on a new machine: not made yet

    def save(_parent: object, _title: str, start: str, _filters: str) -> tuple[str, str]:
        asked.append(Path(start))
        return str(tmp_path / "else" / "copy.twin"), ""

    def ask(name: str) -> Path:
        BY_ID[name].trigger(opened.desk)
        return asked[-1]

    (tmp_path / "else").mkdir()
    monkeypatch.setattr("desktop.asking.QFileDialog.getSaveFileName", save)
    monkeypatch.setattr(opened.panels["report"], "write", lambda _path: None)
    assert ask("report.write") == scan.parent / "hip, left femur.pdf"
    assert ask("file.copy").parent == tmp_path / "else"
    opened.desk.open_record(scan)  # another patient's
    settle(opened, qtbot)
    assert ask("file.copy") == scan.parent / "scan copy.twin"

"""Bad input by the command line: exit 1, one line with the file and the fault, nothing changed."""

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from desktop.main import main
from tests.twin.sources import made
from tests.whole.chain import ROOT
from twin.record import Record


def empty_folder(path: Path) -> str:
    path.mkdir()
    return "{path} is an empty folder"


def text_called_dcm(path: Path) -> str:
    path.mkdir()
    (path / "notes.dcm").write_text("The patient was seen on Monday. " * 20)
    return "{path}/notes.dcm is called .dcm but is no DICOM file"


def truncated_dicom(path: Path) -> str:
    file = made.write_series(path, made.voxels((1, 60, 70)))[0]
    file.write_bytes(file.read_bytes()[:5000])
    return f"{file} is a truncated DICOM file"


def one_truncated_slice(path: Path) -> str:
    """The rest is whole, but a volume with a hole is none."""
    file = made.write_series(path, made.voxels((6, 60, 70)))[3]
    file.write_bytes(file.read_bytes()[:5000])
    return f"{file} is a truncated DICOM file"


def truncated_last_slice(path: Path) -> str:
    file = made.write_series(path, made.voxels((6, 60, 70)))[5]
    file.write_bytes(file.read_bytes()[:5000])
    return f"{file} is a truncated DICOM file"


def missing_slice(path: Path) -> str:
    made.write_series(path, made.voxels((6, 4, 4)))[2].unlink()
    return "1 slice is missing, 4 mm from the first slice"


def two_patients(path: Path) -> str:
    made.write_series(path / "a")
    made.write_series(path / "b", PatientName="Roe^Richard", PatientID="23", SeriesInstanceUID="9.9")
    return "of 2 patients"


def broken_nifti(path: Path) -> str:
    nib.save(nib.Nifti1Image(np.ones((4, 5, 6), np.int16), np.eye(4)), file := path.with_suffix(".nii"))
    data = bytearray(file.read_bytes())
    data[40:42] = b"\x63\x63"  # the number of dimensions
    file.rename(path)
    path.write_bytes(data)
    return "{path} "


def nan_nifti(path: Path) -> str:
    values = np.ones((4, 5, 6), np.float32)
    values[1, 2, 3] = np.nan
    nib.save(nib.Nifti1Image(values, np.eye(4)), file := path.with_suffix(".nii"))
    file.rename(path)
    return "{path} holds 1 voxel"


def nowhere(path: Path) -> str:
    return "{path} does not exist"


def letter(path: Path) -> str:
    path.write_bytes(b"%PDF-1.7 and so on" * 50)
    return "{path} is in no format that can be read here"


BAD: list[tuple[Callable[[Path], str], str]] = [
    (empty_folder, "dicom"),
    (text_called_dcm, "dicom"),
    (truncated_dicom, "dicom"),
    (one_truncated_slice, "dicom"),
    (truncated_last_slice, "dicom"),
    (missing_slice, "dicom"),
    (two_patients, "dicom"),
    (broken_nifti, "scan.nii"),
    (nan_nifti, "scan.nii"),
    (nowhere, "nothing"),
    (letter, "letter.pdf"),
]


def refused(command: list[str], capfd: pytest.CaptureFixture[str]) -> str:
    """Run a command that must be refused in one line; returns the line."""
    capfd.readouterr()
    assert main(command) == 1
    shown = capfd.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert line.startswith("vitruvian: ")
    assert "Something went wrong inside" not in line
    return line


def whole(path: Path) -> dict[str, str]:
    """What lies in a folder, to the last bit."""
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in path.iterdir()}


@pytest.mark.parametrize(("make", "name"), BAD, ids=[make.__name__ for make, _ in BAD])
def test_no_record_is_made_of_bad_input(
    make: Callable[[Path], str], name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, records = tmp_path / name, tmp_path / "records"
    records.mkdir()
    says = make(path).format(path=path)
    assert says in refused(["import", str(records / "new.twin"), str(path)], capfd)
    assert list(records.iterdir()) == []


@pytest.fixture
def doe(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """A record of Jane Doe."""
    path = tmp_path / "records" / "doe.twin"
    path.parent.mkdir()
    made.write_series(tmp_path / "doe")
    assert main(["import", str(path), str(tmp_path / "doe")]) == 0
    return path


@pytest.mark.parametrize("make", [missing_slice, two_patients, "another"])
def test_a_record_stays_as_it_was(
    make: Callable[[Path], str] | str, doe: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if callable(make):
        says = make(tmp_path / "bad")
    else:
        made.write_series(
            tmp_path / "bad", PatientName="Roe^Richard", PatientID="23", StudyInstanceUID="8",
            SeriesInstanceUID="8.1", FrameOfReferenceUID="8.2",
        )  # fmt: skip
        says = "Roe"
    with Record.open(doe, write=False) as record:
        before = record.entries(), record.log()
    line = refused(["import", str(doe), str(tmp_path / "bad")], capfd)
    assert says in line
    if not callable(make):
        assert "doe.twin" in line
        assert "Doe" in line
    with Record.open(doe, write=False) as record:
        assert (record.entries(), record.log()) == before
        assert record.check() == []
    assert [p.name for p in doe.parent.iterdir()] == [doe.name]


def nothing_in_it(path: Path) -> str:
    path.touch()
    return f"{path} is empty (0 bytes)"


def somebody_elses(path: Path) -> str:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE recipes (name TEXT)")
    db.close()
    return f"{path} is a database of another program"


def no_database(path: Path) -> str:
    path.write_text("Dear colleague, " * 100)
    return f"{path} is no Vitruvian record"


def cut_off(path: Path) -> str:
    Record.create(path).close()
    path.write_bytes(path.read_bytes()[:40_000])
    return f"{path} is cut off"


@pytest.mark.parametrize("make", [nothing_in_it, somebody_elses, no_database, cut_off])
def test_what_is_no_record_is_left_alone(
    make: Callable[[Path], str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "records" / "a.twin"
    path.parent.mkdir()
    says = make(path)
    made.write_series(tmp_path / "scan")
    before = whole(path.parent)
    for command in (
        ["import", str(path), str(tmp_path / "scan")],
        ["list", str(path)],
        ["run", str(path), "segmentation.bone"],
        ["undo", str(path)],
        ["log", str(path), "--verify"],
        ["export", str(path), "v1", "-o", str(tmp_path / "x.nii")],
        ["replay", str(path), str(path)],
    ):
        assert says in refused(command, capfd)
    assert whole(path.parent) == before


def test_a_record_held_by_another_process(doe: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script = (
        "import sys; from pathlib import Path; from twin.record import Record\n"
        "with Record.open(Path(sys.argv[1])): print('open', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(doe)], cwd=ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    color = ["run", str(doe), "record.color", "--set", "color=#ff0000"]
    for command in (color, ["undo", str(doe)], ["import", str(doe), str(doe.parent.parent / "doe")]):
        line = refused(command, capfd)
        assert f"{doe} is open for writing" in line
        assert f"process {holder.pid}" in line
    assert main(["list", str(doe)]) == 0
    assert "v1" in capfd.readouterr().out
    holder.communicate("")
    assert main(color) == 0

"""Key images by the command line: marked by a place, listed, exported one or all."""

import json
from pathlib import Path

import pydicom
import pytest

from desktop.main import main
from tests.twin import test_key_images as dicom
from twin.record import Record


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))
    with Record.create(tmp_path / "p7.twin") as made:
        dicom.put(made, dicom.ct())
    return str(tmp_path / "p7.twin")


def mark(record: str, k: int, *more: str) -> None:
    place = ",".join(f"{x:.3f}" for x in dicom.at(10, 10, k))
    assert main(["run", record, "key.mark", "--set", f"place_mm={place}", *more]) == 0


def test_they_are_marked_listed_and_exported(record, tmp_path, capsys) -> None:
    assert main(["export", record, "key images", "-o", str(tmp_path / "x.dcm")]) == 1
    assert "There are no key images in p7.twin" in capsys.readouterr().err
    mark(record, 4)
    mark(record, 9, "--set", "text=fracture", "--name", "key")
    capsys.readouterr()
    assert main(["list", record, "--json"]) == 0
    rows = [r for r in json.loads(capsys.readouterr().out) if r["kind"] == "key image"]
    assert [(r["name"], r["plane"], r["text"], r["size"]) for r in rows] == [
        ("Axial key image", "axial", "", "axial picture"), ("key", "axial", "fracture", "fracture"),
    ]  # fmt: skip
    assert rows[0]["place_lps_mm"] == pytest.approx(dicom.at(10, 10, 4), abs=1e-3)
    for ref, slices in (("key", [9]), ("i1", [4]), ("key images", [4, 9])):
        assert main(["export", record, ref, "-o", str(tmp_path / "x.dcm")]) == 0
        ds = pydicom.dcmread(tmp_path / "x.dcm")
        images = [i.ReferencedSOPSequence[0] for i in ds.ContentSequence if i.ValueType == "IMAGE"]
        assert [i.ReferencedSOPInstanceUID for i in images] == [dicom.UIDS[k] for k in slices]


def test_deidentified_they_point_at_the_images_that_leave_so_too(record, tmp_path, capsys) -> None:
    mark(record, 4, "--set", "text=QZNAMEQZ femur")
    out = tmp_path / "x.dcm"
    assert main(["export", record, "key images", "-o", str(out), "--deidentify"]) == 0
    content = out.read_bytes()
    for told in ("QZNAMEQZ", dicom.UIDS[4], "1.2.840.99.1"):
        assert told.encode() not in content
    left = pydicom.dcmread(out).PatientID  # a pseudonym of letters and digits: "P7" may be within
    assert left
    assert left != "P7"
    assert "femur" in content.decode("latin-1")

"""Commands that keep a patient's things to himself, as a user runs them."""

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest

from desktop.main import main
from tests.twin.deidentify.marked import MARKER, fill
from tests.twin.deidentify.test_record import bytes_of
from tests.twin.sources import made
from twin.record import Record


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A series whose headers hold the marker wherever they can."""
    folder = tmp_path / MARKER
    for path in made.write_series(folder, StudyDate="20260105", BodyPartExamined="HIP"):
        ds = pydicom.dcmread(path)
        ds.PatientName, ds.PatientID = f"{MARKER}^Jane", f"{MARKER}17"
        ds.SeriesDescription, ds.StudyDescription = f"CT hip {MARKER}", MARKER
        with pydicom.config.disable_value_validation():
            if path.name == "000.dcm":
                fill(ds, ("ST", "PN", "UC", "UN"))
            ds.save_as(path)
    return folder


def no_trace(*paths: Path) -> None:
    for path in paths:
        found = bytes_of(path) if path.suffix == ".twin" else path.read_bytes()
        for text in (MARKER, "Jane", "20260105", "2026-01-05", "1.2.3.4"):
            assert text.encode() not in found, f"{text} in {path}"


@pytest.mark.slow
def test_a_folder_of_dicom(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (study / "notes.txt").write_text(MARKER)
    target = tmp_path / "out"
    assert main(["deidentify", str(study), "-o", str(target), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == 5
    assert "notes.txt" in told["left_out"][0]
    written = sorted(target.rglob("*.dcm"))
    assert len(written) == 5
    assert len({p.parent for p in written}) == 1
    no_trace(*written)
    assert MARKER not in " ".join(str(p.relative_to(tmp_path)) for p in written)
    before = {pydicom.dcmread(p).PixelData for p in study.glob("*.dcm")}
    assert {pydicom.dcmread(p).PixelData for p in written} == before
    assert main(["deidentify", str(study), "-o", str(target)]) == 1
    assert "not empty" in capsys.readouterr().err
    assert main(["deidentify", str(study), "-o", str(tmp_path / "other")]) == 0
    assert "Faces were not looked for" in capsys.readouterr().out
    # What was written can be read again as one series.
    assert main(["import", str(tmp_path / "again.twin"), str(target)]) == 0


def test_import_then_export_then_the_whole_record(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, named = tmp_path / "kept.twin", tmp_path / "named.twin"
    assert main(["import", str(kept), str(study), "--deidentify"]) == 0
    assert main(["import", str(named), str(study)]) == 0
    no_trace(kept)
    files = [tmp_path / name for name in ("v.nii.gz", "v.nrrd")]
    for path in files:
        assert main(["export", str(named), "v1", "-o", str(path), "--deidentify"]) == 0
    new = tmp_path / "new.twin"
    assert main(["deidentify", str(named), "-o", str(new)]) == 0
    assert "--faces remove" in capsys.readouterr().out
    no_trace(new, *files)
    with Record.open(named, write=False) as record, Record.open(new, write=False) as other:
        kinds = [e.kind for e in record.log()]
        assert kinds == ["step", "exported", "exported", "exported"]
        assert all(e.params["deidentified"] for e in record.log()[1:])
        assert other.check() == []
        old, volume = record.load("v1"), other.load("v1")
        assert np.array_equal(old.voxels, volume.voxels)  # type: ignore[union-attr]
    with Record.open(kept, write=False) as record:
        assert record.load("v1").identity == volume.identity


def test_burned_in_text_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "ct"
    made.write_series(folder, BurnedInAnnotation="YES")
    assert main(["import", str(tmp_path / "a.twin"), str(folder), "--deidentify"]) == 0
    assert "burned into" in capsys.readouterr().err
    assert main(["deidentify", str(tmp_path / "a.twin"), "-o", str(tmp_path / "b.twin"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["burned_in"]) == 1


def test_faces_are_asked_of_records_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deidentify", str(tmp_path), "-o", str(tmp_path / "out"), "--faces", "remove"]) == 1
    assert "Import the images first" in capsys.readouterr().err


@pytest.mark.slow
def test_a_head_loses_its_face_on_its_way_out(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record, new, file = tmp_path / "a.twin", tmp_path / "b.twin", tmp_path / "head.nii.gz"
    head = str(shared_data / "ct-head-256")
    assert main(["import", str(record), head, "--set", "modality=CT"]) == 0
    capsys.readouterr()
    assert main(["deidentify", str(record), "-o", str(new), "--faces", "remove", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["faces"] == 1
    assert main(["export", str(record), "v1", "-o", str(file), "--deidentify", "--faces", "remove"]) == 0
    import nibabel as nib

    with Record.open(new, write=False) as other, Record.open(record, write=False) as old:
        faceless, before = other.load("v1").voxels, old.load("v1").voxels  # type: ignore[union-attr]
        assert 2e5 < (faceless != before).sum() < 3e6
    written = np.asarray(nib.load(file).dataobj)
    assert np.array_equal(np.transpose(written), faceless)


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    made.write_series(tmp_path / "ct")
    assert main(["import", str(tmp_path / "a.twin"), str(tmp_path / "ct")]) == 0
    return tmp_path / "a.twin"


def test_forget(scan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forget", str(scan), "v1"]) == 0
    assert "(v1) is forgotten" in capsys.readouterr().out
    assert main(["undo", str(scan)]) == 0
    assert main(["list", str(scan), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.partition("\n")[2]) == []
    assert main(["log", str(scan), "--verify"]) == 0


def test_lock_and_unlock(
    scan: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sqlcipher3", reason="SQLCipher is not made for this system")
    from twin import passphrases

    monkeypatch.setattr(passphrases, "_known", {})
    monkeypatch.setattr(passphrases, "recall", lambda header: None)
    monkeypatch.setattr(passphrases, "forget", lambda header: None)
    assert main(["lock", str(scan)]) == 1
    assert "VITRUVIAN_PASSPHRASE" in capsys.readouterr().err
    monkeypatch.setenv("VITRUVIAN_PASSPHRASE", "correct horse")
    name = b"import.images"  # long enough that a locked file does not hold it by chance
    assert name in scan.read_bytes()
    assert main(["lock", str(scan)]) == 0
    assert name not in scan.read_bytes()
    assert main(["export", str(scan), "v1", "-o", str(scan.with_name("x.nii.gz"))]) == 0
    passphrases._known.clear()
    monkeypatch.setenv("VITRUVIAN_PASSPHRASE", "something else")
    assert main(["list", str(scan)]) == 1
    assert "does not open a.twin" in capsys.readouterr().err
    # A person at a terminal is asked, and may err.
    monkeypatch.delenv("VITRUVIAN_PASSPHRASE")
    answers = ["wrong", "correct horse"]
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: answers.pop(0))
    assert main(["list", str(scan)]) == 0
    assert "does not open" in capsys.readouterr().err
    assert main(["unlock", str(scan)]) == 0
    passphrases._known.clear()
    assert main(["log", str(scan), "--verify"]) == 0

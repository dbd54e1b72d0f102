"""What lies in folders is found once, searched quickly and kept up to date."""

import hashlib
import os
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from twin.domain import Identity, Volume
from twin.errors import Cancelled, UserError
from twin.progress import Progress
from twin.sources.catalog import PatientRow
from twin.sources.dicom_writer import write_series
from twin.sources.index import Index, Looked, look_again, look_into
from twin.sources.index.store import CONCEALED

HIP = Identity(
    patient_name="Grün^Jörg", patient_id="P1", birth_date="1964-02-01", sex="M", study_uid="1.2.1",
    study_date="2026-01-05", study_description="Hip, both sides", series_uid="1.2.1.1", series_number=3,
    series_description="thin", body_part="PELVIS",
)  # fmt: skip
KNEE = replace(
    HIP, patient_name="Blau^Eva", patient_id="P2", birth_date="1971-03-01", sex="F", study_uid="1.2.2",
    study_date="2026-02-01",
    study_description="Knee 100%", series_uid="1.2.2.1", series_number=1,
)  # fmt: skip


def write(folder: Path, identity: Identity, images: int = 3) -> None:
    """Write a CT whose columns go from −1000 to 1000 HU."""
    across = np.linspace(-1000, 1000, 64).astype(np.int16)
    voxels = np.broadcast_to(across, (images, 32, 64)).copy()
    write_series(Volume(voxels, np.eye(4), "CT", "HU", frame_of_reference="1.9", identity=identity), folder)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    write(folder / "hip" / "thin", HIP)
    write(
        folder / "hip" / "thick",
        replace(HIP, series_uid="1.2.1.2", series_number=4, series_description="thick"),
        2,
    )
    write(folder / "knee", KNEE, 4)
    (folder / "knee" / "notes.txt").write_text("not an image")
    (folder / "empty.dcm").touch()
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "studies.sqlite"


def look(path: Path, root: Path) -> Looked:
    return look_into(path, root, Progress())


def test_patients_studies_and_series_are_found(path: Path, root: Path) -> None:
    looked = look(path, root)
    assert (looked.files, looked.read, looked.gone, looked.unreadable) == (11, 11, 0, ())
    with Index(path) as index:
        knee, hip = index.studies()
        assert (hip.patient.name, hip.patient.patient_id, hip.patient.sex) == ("Grün^Jörg", "P1", "M")
        assert (hip.patient.birth_date, hip.date, hip.description) == (
            "1964-02-01",
            "2026-01-05",
            "Hip, both sides",
        )
        assert (hip.modalities, hip.series, hip.images) == (("CT",), 2, 5)
        assert (knee.uid, knee.series, knee.images) == ("1.2.2", 1, 4)
        thin, thick = index.series(hip)
        assert (thin.row.number, thin.row.description, thin.row.images) == (3, "thin", 3)
        assert (thick.row.uid, thick.row.body_part) == ("1.2.1.2", "PELVIS")
        assert index.files(thin.id) == [root / f"hip/thin/slice-000{n}.dcm" for n in (1, 2, 3)]
        assert index.is_alone(thin.id) == [root / "hip" / "thin"]
        assert index.roots() == [root]
    assert oct(path.stat().st_mode)[-3:] == "600"


def test_words_find_in_any_field_whatever_the_capitals_and_accents(path: Path, root: Path) -> None:
    look(path, root)
    with Index(path) as index:

        def found(words: str, modality: str = "", folder: Path | None = None) -> list[str]:
            return [s.uid for s in index.studies(words, modality, folder)]

        assert found("grun") == found("JÖRG p1") == found("pelvis thick") == found("2026-01-05") == ["1.2.1"]
        assert found("100%") == ["1.2.2"]
        assert found("10_%") == found("grun knee") == []
        assert found("", "CT") == ["1.2.2", "1.2.1"]
        assert found("", "MR") == []
        assert found("", folder=root / "knee") == ["1.2.2"]
        assert found("", folder=root / "kne") == []


def test_only_what_has_changed_is_read_again(path: Path, root: Path) -> None:
    look(path, root)
    assert look(path, root).read == 0
    changed = root / "knee" / "slice-0001.dcm"
    ds = pydicom.dcmread(changed)
    ds.PatientName = "Blau^Eva Maria"
    ds.save_as(changed)
    (root / "knee" / "slice-0002.dcm").unlink()
    shutil.rmtree(root / "hip" / "thick")
    write(root / "new", replace(KNEE, series_uid="1.2.2.7", series_number=7))
    again = look(path, root)
    assert (again.read, again.gone) == (4, 3)
    with Index(path) as index:
        knees = sorted((s.patient.name, s.images) for s in index.studies("knee"))
        assert knees == [("Blau^Eva", 5), ("Blau^Eva Maria", 1)]
        assert [s.row.uid for s in index.series(index.studies("hip")[0])] == ["1.2.1.1"]


def test_small_pictures_are_in_the_files_own_shape_and_window(path: Path, root: Path) -> None:
    look(path, root)
    with Index(path) as index:
        (knee,) = index.series(index.studies("knee")[0])
        picture = index.thumbnail(knee.id)
    assert picture is not None
    assert picture.shape == (48, 96)  # 32 rows and 64 columns of 1 mm
    assert picture[0, 0] == 0
    assert picture[0, -1] == 255
    assert (np.diff(picture[10].astype(int)) >= 0).all()


def test_a_folder_is_forgotten_but_what_another_still_holds(path: Path, root: Path) -> None:
    look(path, root)
    look(path, root / "knee")
    with Index(path) as index:
        index.forget(root)
        assert index.roots() == [root / "knee"]
        assert [s.uid for s in index.studies()] == ["1.2.2"]
        index.forget(root / "knee")
        assert index.studies() == []


def test_what_was_found_before_a_stop_is_kept(path: Path, root: Path) -> None:
    for n in range(30):
        write(root / f"more {n}", replace(KNEE, series_uid=f"1.2.2.{n + 10}"), 2)
    reports: list[float] = []
    stopping = Progress(lambda fraction, _text: reports.append(fraction), lambda: len(reports) > 2)
    with pytest.raises(Cancelled):
        look_into(path, root, stopping)
    with Index(path) as index:
        found = index.studies()
        assert found
    assert 0 < look(path, root).read < 71


def test_images_whose_uids_are_blank_are_the_series_of_their_folder(path: Path, root: Path) -> None:
    for file in (root / "knee").glob("*.dcm"):
        ds = pydicom.dcmread(file)
        ds.StudyInstanceUID = ds.SeriesInstanceUID = ds.SOPInstanceUID = ""
        if file.name == "slice-0004.dcm":
            ds.SeriesNumber = 8
        ds.save_as(file)
    shutil.copytree(root / "knee", root / "other knee")
    look(path, root)
    with Index(path) as index:
        studies = index.studies("knee")
        assert sorted((s.uid, s.series, s.images) for s in studies) == [
            (str(root / name), 2, 4) for name in ("knee", "other knee")
        ]
        (three, one) = index.series(index.studies(root=root / "knee")[0])
        assert (three.row.uid, one.row.uid) == (f"{root / 'knee'}#1", f"{root / 'knee'}#8")
        assert [f.name for f in index.files(three.id)] == [f"slice-000{n}.dcm" for n in (1, 2, 3)]
        assert index.thumbnail(three.id) is not None
        index.conceal(["", "1.2.1.1"], holder="one")
        assert concealed(index) == ["1.2.1"]


def test_other_alphabets_and_encodings_are_read(path: Path, tmp_path: Path) -> None:
    root = tmp_path / "images"
    write(root, replace(HIP, patient_name="Yamada^Tarou"), 1)
    ds = pydicom.dcmread(root / "slice-0001.dcm")
    ds.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    ds.PatientName = "Yamada^Tarou=山田^太郎"
    ds.save_as(root / "slice-0001.dcm")
    ds = pydicom.dcmread(root / "slice-0001.dcm")
    ds.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    ds.SOPInstanceUID = "1.2.9"
    ds.save_as(root / "deflated.dcm")
    look(path, root)
    with Index(path) as index:
        (study,) = index.studies("山田")
    assert (study.patient.name, study.images) == ("Yamada^Tarou=山田^太郎", 2)


def test_a_file_with_two_values_where_there_is_one_does_not_stop_the_look(path: Path, tmp_path: Path) -> None:
    root = tmp_path / "images"
    write(root, HIP, 2)
    file = root / "slice-0001.dcm"
    content = file.read_bytes()
    assert b"1.2.1.1" in content
    file.write_bytes(content.replace(b"1.2.1.1", b"1.2\\1.1"))
    assert look(path, root).read == 2
    with Index(path) as index:
        assert sum(s.images or 0 for s in index.studies()) == 2


def test_an_image_that_lies_in_two_places_counts_once(path: Path, root: Path) -> None:
    shutil.copytree(root / "knee", root / "a copy of the knee")
    look(path, root)
    with Index(path) as index:
        (study,) = index.studies("knee")
        (knee,) = index.series(study)
        assert (study.images, knee.row.images) == (4, 4)
        assert len(index.files(knee.id)) == 4
        assert index.is_alone(knee.id) == []
    shutil.rmtree(root / "knee")
    look(path, root)
    with Index(path) as index:
        assert [s.images for s in index.studies("knee")] == [4]
        assert index.is_alone(knee.id) == [root / "a copy of the knee"]
    shutil.rmtree(root / "a copy of the knee")
    look(path, root)
    with Index(path) as index:
        assert index.studies("knee") == []


def test_what_is_known_of_a_disk_that_is_not_there_stays(path: Path, root: Path) -> None:
    look(path, root)
    away = root.rename(root.with_name("elsewhere"))
    with pytest.raises(UserError, match=r"There is no folder .*images\. Is its disk plugged in"):
        look(path, root)
    with Index(path) as index:
        assert len(index.studies()) == 2
    away.rename(root)
    assert look(path, root).read == 0


def test_broken_files_are_no_images(path: Path, root: Path) -> None:
    whole = (root / "knee" / "slice-0001.dcm").read_bytes()
    for length in (10, 131, 132, 140, 300, 500):
        (root / "knee" / f"cut {length}").write_bytes(whole[:length])
    looked = look(path, root)
    assert looked.unreadable == ()
    with Index(path) as index:
        (study,) = index.studies("knee")
        assert study.images == 4


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read_is_named(path: Path, root: Path) -> None:
    closed = root / "knee" / "slice-0001.dcm"
    closed.chmod(0)
    assert look(path, root).unreadable == (f"{closed} cannot be read: Permission denied.",)


def test_patients_of_a_locked_record_lose_their_names_and_stay_without(path: Path, root: Path) -> None:
    look(path, root)
    with Index(path) as index:
        index.conceal(["1.2.1.1"])  # one series of two: the patient is the same
        assert sorted(s.patient.name for s in index.studies()) == [CONCEALED, "Blau^Eva"]
        assert index.studies("grun") == index.studies("thick") == []
    for file in (root / "hip").rglob("*.dcm"):
        os.utime(file)  # as if they had changed
    write(root / "later", replace(HIP, study_uid="1.2.8", series_uid="1.2.8.1"))
    look(path, root)
    with Index(path) as index:
        assert sorted(s.patient.name for s in index.studies()) == [CONCEALED, CONCEALED, "Blau^Eva"]
    for file in path.parent.iterdir():
        for word in ("Grün", "grun", "Hip, both", "1964-02-01"):
            assert word.encode() not in file.read_bytes()


NOBODY = replace(HIP, patient_name="", patient_id="", birth_date="", sex="")


def concealed(index: Index) -> list[str]:
    return sorted(s.uid for s in index.studies() if s.patient.name == CONCEALED)


def test_of_a_patient_without_name_and_id_only_the_very_study_is_concealed(
    path: Path, tmp_path: Path
) -> None:
    write(tmp_path / "a", NOBODY)
    other = replace(NOBODY, study_uid="1.2.7", series_uid="1.2.7.1", birth_date="")
    write(tmp_path / "b", other)
    look(path, tmp_path)
    with Index(path) as index:
        index.conceal(["1.2.1.1", "1.2.1"], [PatientRow()], "one")
        assert concealed(index) == ["1.2.1"]
    write(tmp_path / "later", replace(other, study_uid="1.2.8", series_uid="1.2.8.1"))
    write(tmp_path / "same study", replace(NOBODY, series_uid="1.2.1.9"))
    look(path, tmp_path)
    with Index(path) as index:
        assert concealed(index) == ["1.2.1"]
        assert len(index.studies()) == 3


def test_words_come_back_when_the_last_record_lets_go(path: Path, root: Path) -> None:
    write(root / "later", replace(HIP, study_uid="1.2.8", series_uid="1.2.8.1"))
    look(path, root)
    with Index(path) as index:
        before = index.studies()
        index.conceal(["1.2.1.1"], holder="one")
        index.conceal(["1.2.8.1"], [PatientRow("P1", "Grün^Jörg", "1964-02-01")], "two")
        assert index.holders() == ["one", "two"]
        index.reveal(["one"])
        look_again(path, Progress())  # the patient is in the other
        assert concealed(index) == ["1.2.1", "1.2.8"]
        assert index.reveal(["two"]) == 8  # 3 + 2 + 3 files
        assert look_again(path, Progress()) == 8
        assert index.studies() == before
        assert index.without_thumbnail() == []


def test_what_is_away_when_it_is_let_go_comes_back_at_the_next_look(path: Path, root: Path) -> None:
    look(path, root)
    with Index(path) as index:
        index.conceal(["1.2.1.1"], holder="one")
        away = root.rename(root.with_name("elsewhere"))
        index.reveal(["one"])
        assert look_again(path, Progress()) == 0
        assert concealed(index) == ["1.2.1"]
    away.rename(root)
    assert look(path, root).read == 5
    with Index(path) as index:
        assert concealed(index) == []


def test_an_index_of_the_version_before_keeps_its_locks_but_not_the_one_of_nobody(
    path: Path, root: Path
) -> None:
    write(root / "nobody", replace(NOBODY, study_uid="1.2.7", series_uid="1.2.7.1"))
    look(path, root)
    nobody = hashlib.sha256(b"\n\n").hexdigest()  # as version 4 knew him
    with Index(path) as index:
        index.conceal(["1.2.1.1", "1.2.7.1"])
    with sqlite3.connect(path) as db:
        marks = [(m,) for (m,) in db.execute("SELECT mark FROM concealed WHERE mark <> '1.2.7.1'")]
        db.execute("DROP TABLE concealed")
        db.execute("CREATE TABLE concealed (mark TEXT PRIMARY KEY)")
        db.executemany("INSERT INTO concealed VALUES (?)", [*marks, (nobody,)])
        db.execute("PRAGMA user_version = 4")
    db.close()
    with Index(path) as index:
        assert index.roots() == [root]
    look(path, root)
    with Index(path) as index:
        assert concealed(index) == ["1.2.1"]
        assert [s.patient.name for s in index.studies("hip")] == [""]


def test_a_damaged_index_is_made_anew(path: Path, root: Path) -> None:
    look(path, root)
    path.write_bytes(b"no database at all" * 100)
    with Index(path) as index:
        assert index.studies() == []
    assert look(path, root).read == 11


def test_an_index_of_another_version_is_made_anew(path: Path, root: Path) -> None:
    look(path, root)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    assert look(path, root).read == 11


def test_an_index_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(UserError, match=r"The index of studies at .* cannot be opened"):
        Index(tmp_path / "data" / "studies.sqlite")


@pytest.mark.parametrize("uid", ["", "1.2.1.1.7"])
def test_images_without_a_uid_of_their_own_are_all_there(path: Path, root: Path, uid: str) -> None:
    """Bad anonymizers give the images of a series one UID, or none; a copy of an image is still one image."""
    shutil.rmtree(root / "knee")
    for folder in (root / "hip" / "thin", root / "hip" / "thick"):
        for n, file in enumerate(sorted(folder.iterdir())):
            ds = pydicom.dcmread(file)
            ds.SOPInstanceUID, ds.InstanceNumber = uid, n
            ds.save_as(file)
    if uid:
        shutil.copytree(root / "hip" / "thin", root / "again")
    look(path, root)
    with Index(path) as index:
        (study,) = index.studies()
        series = {s.row.description: (s.row.images, len(index.files(s.id))) for s in index.series(study)}
        assert series == {"thin": (3, 3), "thick": (2, 2)}


@pytest.mark.parametrize("damage", ["PRAGMA user_version = 3", "DROP TABLE series"])
def test_an_index_made_anew_knows_its_folders_and_whose_names_may_not_come_in(
    path: Path, root: Path, damage: str
) -> None:
    look(path, root)
    with Index(path) as index:
        index.conceal(["1.2.1.1"])
    with sqlite3.connect(path) as db:
        db.execute(damage)
    db.close()
    with Index(path) as index:
        assert index.roots() == [root]
        assert index.studies() == []
    look(path, root)
    with Index(path) as index:
        assert {s.patient.name for s in index.studies()} == {CONCEALED, "Blau^Eva"}
    assert "Grün".encode() not in path.read_bytes()

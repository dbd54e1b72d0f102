"""The command line as a user runs it: answers, refusals, exit status, and nothing of Qt."""

import contextlib
import json
import re
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from desktop import words
from desktop.main import main
from desktop.walk import WALKS, Stage, Walk
from twin.domain import Volume
from twin.record import Entry, LogEntry, Record

AFFINE = np.diag([-1.0, -1.0, 2.0, 1.0])  # RAS: i to the left, j to posterior; spacing 1 × 1 × 2 mm


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    values = np.full((12, 10, 8), -1000, np.int16)
    values[3:9, 3:7, 2:6] = 40
    path = tmp_path_factory.mktemp("scan") / "body.nii.gz"
    nib.save(nib.Nifti1Image(values, AFFINE), path)
    return path


def answer(capsys: pytest.CaptureFixture[str]) -> object:
    return json.loads(capsys.readouterr().out)


def test_import_makes_the_record_and_answers_in_json(
    tmp_path: Path, scan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(tmp_path / "new.twin"), str(scan), "--json"]) == 0
    made = answer(capsys)
    assert isinstance(made, dict)
    assert {"step", "version", "seconds", "peak_mb", "outputs", "summary"} <= made.keys()
    assert made["outputs"][0]["kind"] == "volume"


def test_list_tells_size_spacing_units_and_origin(record: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", record, "--json"]) == 0
    rows = answer(capsys)
    assert isinstance(rows, list)
    row = rows[0]
    assert (row["id"], row["kind"], row["units"], row["step"]) == ("v1", "volume", "HU", "import.images")
    assert row["spacing_mm"] == [1.0, 1.0, 2.0]  # the file's own, along i, j, k
    assert row["shape_kji"] == [8, 10, 12]
    assert row["stale"] == ""


def test_run_undo_redo(record: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", record, "record.rename", "--input", "entity=v1", "--set", "name=pelvis CT"]) == 0
    assert main(["undo", record]) == 0
    capsys.readouterr()
    main(["list", record, "--json"])
    before = answer(capsys)
    assert main(["redo", record]) == 0
    capsys.readouterr()
    main(["list", record, "--json"])
    after = answer(capsys)
    assert isinstance(before, list)
    assert isinstance(after, list)
    assert before[0]["name"] != "pelvis CT"
    assert after[0]["name"] == "pelvis CT"
    assert before[0]["digest"] == after[0]["digest"]
    assert main(["redo", record]) == 1
    assert "nothing to redo" in capsys.readouterr().err


def test_log_shows_and_verifies(record: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", record, "--json"]) == 0
    entries = answer(capsys)
    assert isinstance(entries, list)
    assert entries[0]["step"] == "import.images"
    assert main(["log", record, "--verify"]) == 0
    with contextlib.closing(sqlite3.connect(record)) as db, db:
        db.execute("DELETE FROM log WHERE number = 1")
    capsys.readouterr()
    assert main(["log", record, "--verify"]) == 1
    assert "entry 1 is missing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["list", "{tmp}/nowhere.twin"], 1, "nowhere.twin"),
        (["run", "{record}", "no.step"], 1, "no.step"),
        (["run", "{record}", "mesh.surface"], 1, "holds none"),
        (["run", "{record}", "segmentation.bone", "--set", "wrong=1"], 1, "wrong"),
        (["run", "{record}", "segmentation.bone", "--set", "wrong"], 1, "PARAM=VALUE. For example: --set "),
        (["run", "{record}", "physics.beat", "--set", "metoprolol"], 1, "--set medicine=metoprolol."),
        (["run", "{record}", "physics.beat"], 1, "Run segmentation.heart first; or go all the way"),
        (["export", "{record}", "v9", "-o", "{tmp}/x.nii.gz"], 1, "v9"),
        (["import", "{tmp}/new.twin", "{tmp}/absent"], 1, "absent"),
        (["report", "{record}", "-o", "{tmp}/report.txt", "--no-pictures"], 1, ".pdf"),
    ],
)
def test_refusals_name_the_fault_and_change_nothing(
    words: list[str], status: int, says: str, record: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _whole(record)
    assert main([w.format(tmp=tmp_path, record=record) for w in words]) == status
    shown = capsys.readouterr()
    assert says in shown.err
    assert len(shown.err.strip().splitlines()) == 1
    assert shown.out == ""
    assert _whole(record) == before
    assert not (tmp_path / "new.twin").exists()


def _whole(record: str) -> tuple[object, ...]:
    with Record.open(Path(record), write=False) as opened:
        return opened.entries(), opened.log(), opened.check()


def test_wrong_use_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["import"])
    assert left.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_steps_tell_units_ranges_and_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["steps", "--json"]) == 0
    steps = answer(capsys)
    assert isinstance(steps, list)
    by_name = {s["name"]: s for s in steps}
    wanted = {
        "import.images",
        "segmentation.bone",
        "mesh.surface",
        "mesh.tetrahedra",
        "physics.femur_landmarks",
        "physics.femur_model",
        "physics.solve",
    }
    assert wanted <= by_name.keys()
    edge = next(p for p in by_name["mesh.tetrahedra"]["parameters"] if p["name"] == "edge_mm")
    assert edge["unit"] == "mm"
    assert edge["low"] < edge["default"] < edge["high"]
    assert all(p["help"] for s in steps for p in s["parameters"])
    assert all(s["help"] for s in steps)


def test_nothing_of_qt_is_loaded(record: str) -> None:
    script = (
        "import sys; from desktop.main import main; "
        f"codes = [main(['list', {record!r}]), main(['steps']), main(['check'])]; "
        "sys.exit(9 if any(m.startswith('PySide6') for m in sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_report_is_a_pdf(record: str, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    assert main(["report", record, "-o", str(path)]) == 0
    assert path.read_bytes().startswith(b"%PDF")


def test_export_is_where_it_was_asked_for(record: str, tmp_path: Path) -> None:
    path = tmp_path / "again.nii.gz"
    assert main(["export", record, "v1", "-o", str(path)]) == 0
    with Record.open(Path(record), write=False) as opened:
        original: Any = opened.load("v1")
        assert opened.log()[-1].kind == "exported"
    voxels = np.asarray(nib.load(path).dataobj)
    np.testing.assert_array_equal(np.sort(voxels.ravel()), np.sort(original.voxels.ravel()))


def test_a_second_demo_takes_a_folder_of_its_own(tmp_path, monkeypatch) -> None:
    from desktop.cli.demo import _free_folder

    monkeypatch.chdir(tmp_path)
    assert _free_folder("demo-hip") == tmp_path / "demo-hip"
    (tmp_path / "demo-hip").mkdir()
    (tmp_path / "demo-hip-2").mkdir()
    assert _free_folder("demo-hip") == tmp_path / "demo-hip-3"


def test_the_suffix_picks_the_format_and_a_wrong_one_lists_them(
    record: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", record, "v1", "-o", str(tmp_path / "out.nrrd"), "--json"]) == 0
    made = answer(capsys)
    assert isinstance(made, dict)
    assert Path(made["path"]).read_bytes().startswith(b"NRRD0005")
    assert main(["export", record, "v1", "-o", str(tmp_path / "out.docx")]) == 1
    assert "It can be written as: .nii.gz, .nii, .nrrd." in capsys.readouterr().err


def test_a_silent_surface_is_asked_about_by_the_parameters_to_give(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, record = tmp_path / "bone.obj", str(tmp_path / "bone.twin")
    path.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n")
    assert main(["import", record, str(path)]) == 1
    assert "--set units=mm --set space=LPS" in capsys.readouterr().err
    assert not Path(record).exists()
    assert main(["import", record, str(path), "--set", "units=cm", "--set", "space=RAS"]) == 0
    assert main(["run", record, "record.color", "--input", "entity=s1", "--set", "color=#12ab34"]) == 0
    assert main(["export", record, "s1", "-o", str(tmp_path / "again.vtp")]) == 0
    assert main(["import", record, str(tmp_path / "again.vtp")]) == 0  # it says its own unit and axes
    with Record.open(Path(record)) as opened:
        one, two = opened.load("s1"), opened.load("s2")
        assert two.color == "#12AB34"  # type: ignore[union-attr]
        np.testing.assert_array_equal(one.points, two.points)  # type: ignore[union-attr]


def test_contours_find_their_image_in_the_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.twin.sources import made
    from tests.twin.sources.drawn import SQUARE, structure_set

    contours = structure_set(tmp_path / "rs.dcm", {"liver": [(1, SQUARE)]})
    record = str(tmp_path / "plan.twin")
    assert main(["import", record, str(contours)]) == 1
    assert "drawn on (series 1.2.3.4), and they are not in the record" in capsys.readouterr().err
    assert not Path(record).exists()
    made.write_series(tmp_path / "ct")
    assert main(["import", record, str(tmp_path / "ct")]) == 0
    assert main(["import", record, str(contours), "--name", "plan"]) == 0
    with Record.open(Path(record)) as opened:
        assert opened.find("plan").kind == "labelmap"
        assert opened.load("plan/liver").mask("liver").sum() == 16  # type: ignore[union-attr]
    for suffix in ("seg.dcm", "rtstruct.dcm", "seg.nrrd", "nii.gz"):
        assert main(["export", record, "plan", "-o", str(tmp_path / f"out.{suffix}")]) == 0
    import pydicom

    listed = pydicom.dcmread(tmp_path / "out.seg.dcm").ReferencedSeriesSequence[0]
    images = {pydicom.dcmread(f).SOPInstanceUID for f in (tmp_path / "ct").iterdir()}
    assert listed.SeriesInstanceUID == "1.2.3.4"
    assert {i.ReferencedSOPInstanceUID for i in listed.ReferencedInstanceSequence} == images


def test_what_comes_in_a_second_time_is_said(
    scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its UID, or, of a file that has none, by how it came in."""
    from tests.twin.sources import made

    made.write_series(tmp_path / "ct")
    for path, name in ((tmp_path / "ct", "a.twin"), (scan, "b.twin")):
        record = str(tmp_path / name)
        assert main(["import", record, str(path)]) == 0
        assert "already" not in capsys.readouterr().err
        assert main(["import", record, str(path)]) == 0
        assert f"was in {name} already" in capsys.readouterr().err
        assert main(["undo", record]) == 0
        assert main(["undo", record]) == 0
        assert main(["import", record, str(path)]) == 0
        capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["hip", "new.twin"], "Name images to import"),
        (["hip", "new.twin", "--set", "mesh.edge_mm=3"], "no step “mesh” on this way.*segmentation.bone"),
        (["hip", "new.twin", "nothing.nii"], "nothing.nii"),
    ],
)
def test_a_walk_that_cannot_begin_says_why(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["walk", *words]) == 1
    assert re.search(told, capsys.readouterr().err)
    assert not list(tmp_path.glob("*.twin"))


def test_a_walk_goes_on_with_what_it_made_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Walked twice, the second mesh is of the second motion."""
    stages = (Stage("test.motion"), Stage("test.ventricle"))
    monkeypatch.setitem(WALKS, "heart", Walk("a test", stages, "left ventricle"))
    path = tmp_path / "heart.twin"
    Record.create(path).close()
    for _time in range(2):
        assert main(["walk", "heart", str(path)]) == 0
    with Record.open(path, write=False) as record:
        motions = [e.id for e in record.entries() if e.kind == "motion"]
        meshes = [e for e in record.entries() if e.kind == "mesh"]
        assert [record.history.entry(e.made_by).inputs["motion"]["id"] for e in meshes] == motions


def test_a_word_that_is_no_command_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exprot"]) == 2
    assert "no command and no file “exprot”. Did you mean “vitruvian export”?" in capsys.readouterr().err


def test_without_a_screen_the_window_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert main([]) == 1
    assert "no screen here" in capsys.readouterr().err


def test_a_report_in_another_format_is_refused_before_anything_is_drawn(
    record: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("desktop.pictures.draw", None)
    assert main(["report", record, "-o", str(tmp_path / "out.docx")]) == 1
    assert "Let the name end in .pdf" in capsys.readouterr().err


def test_a_name_that_holds_a_slash_is_exported(record: str, tmp_path: Path) -> None:
    assert main(["run", record, "record.rename", "--input", "entity=v1", "--set", "name=Abdomen/Pelvis"]) == 0
    assert main(["export", record, "Abdomen/Pelvis", "-o", str(tmp_path / "out.nrrd")]) == 0
    assert (tmp_path / "out.nrrd").exists()


def test_a_demo_tells_what_was_found_beside_what_the_patient_was_made_with() -> None:
    from desktop.cli.demo import _beside_truth
    from twin.reference.heart import HeartPatient, true_numbers

    nothing = np.zeros((1, 1, 2, 2), np.uint16)
    image = Volume(nothing, np.eye(4), "MR")
    made = HeartPatient(image, (), np.zeros(1), np.eye(3), np.zeros((0, 3)), 8.0, edv_ml=175.0, esv_ml=98.0)
    steps = [
        {"step": "segmentation.heart", "summary": {"ejection_fraction_percent": 42.26}},
        {"step": "mesh.ventricle", "summary": {"elements": 3}},
    ]
    told = list(_beside_truth(steps, true_numbers(made)))
    assert told[0] == "The patient was made with:"
    assert "  Ejection fraction: 44 %; found: 42.3 % by segmentation.heart" in told
    assert "  End diastolic volume: 175 mL; found: nothing that tells it" in told


def test_key_numbers_as_lines_have_unit_interval_and_ground(hip: Path) -> None:
    from desktop.key_numbers import key_lines

    with Record.open(hip, write=False) as record:
        entry = next(e for e in record.entries() if e.kind == "result")
        lines = list(key_lines(record))
    number = entry.numbers[0]
    assert "At a body weight of" in lines[0]
    assert lines[1].strip().startswith(f"{words.sentence(number['name'])}: {words.with_interval(number)}, ")


def test_a_fit_tells_the_pressures_that_it_was_given() -> None:
    """“As fitted” is for what a heart is asked afterwards; to what it was fitted must not be lost by it."""
    from desktop.catalogue import load
    from desktop.cli.work import _around

    load()
    tree = {"solver": "coupled to the closed circulation", "limits": ["no inertia"]}
    beat = Entry("r1", "result", "beat", "", 1, "", "", tree, 0)
    outputs = {k: {"id": k, "name": k, "kind": k, "digest": ""} for k in ("heart", "result")}
    fit = LogEntry(1, "", "", "step", "physics.heart", outputs=outputs, params={"systolic_mmhg": 150.0})
    assert next(iter(_around(fit, [beat]))) == "Conditions: systolic pressure 150 mmHg"
    assert next(iter(_around(replace(fit, params={}), [beat]))) == "Conditions: as fitted"

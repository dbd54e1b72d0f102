"""What the command line says to a person: order, words, units, totals, and what to try."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from desktop.cli.looking import total
from desktop.cli.work import _named_once, summary_in_words
from desktop.main import main
from tests.twin.exports.test_export import cube
from twin.domain import KINDS
from twin.exports import export
from twin.record import Entry, Record

AFFINE = np.diag([-1.0, -1.0, 2.0, 1.0])
NOISE = np.random.default_rng(0).integers(-900, 900, (6, 7, 8)).astype(np.int16)


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scan") / "body.nii.gz"
    nib.save(nib.Nifti1Image(NOISE, AFFINE), path)
    return path


@pytest.fixture
def femur(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A record with a left femur's surface."""
    path = str(tmp_path / "femur.twin")
    assert main(["import", path, str(export(cube(), tmp_path / "left.vtp"))]) == 0
    capsys.readouterr()
    return path


def said(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    assert main([*words]) == status
    shown = capsys.readouterr()
    return shown.err if status else shown.out


def test_a_list_is_in_the_order_in_which_people_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for n in range(1, 12):
        files.append(str(tmp_path / f"scan {n}.nii.gz"))
        nib.save(nib.Nifti1Image(NOISE, AFFINE), files[-1])
    path = str(tmp_path / "many.twin")
    assert main(["import", path, *files, "--set", "modality=MR"]) == 0
    capsys.readouterr()
    rows = json.loads(said(capsys, "list", path, "--json"))
    assert [row["id"] for row in rows] == [f"v{n}" for n in range(1, 12)]
    assert [row["name"] for row in rows] == [f"scan {n}" for n in range(1, 12)]
    assert (rows[0]["modality"], rows[0]["source"]) == ("MR", files)
    lines = [line for line in said(capsys, "list", path).splitlines() if not line.startswith(" ")]
    assert [line.split()[0] for line in lines] == [f"v{n}" for n in range(1, 12)]


def test_a_list_tells_modality_source_and_notes(
    tmp_path: Path, record: str, scan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "labels.nii.gz"
    nib.save(nib.Nifti1Image((NOISE > 0).astype(np.uint8), AFFINE), labels)
    answered = said(capsys, "import", record, str(labels))
    assert "note: The values (0 and 1) look like labels; NIfTI does not say." in answered
    told = said(capsys, "list", record)
    assert f"6 × 7 × 8 voxels of 1 × 1 × 2 mm  CT   import.images\n      from {scan}\n" in told
    assert "      note: The values (0 and 1) look like labels" in told
    assert "volume.take_as_labels" in told


def test_an_export_is_the_one_file_that_was_asked_for(
    tmp_path: Path, femur: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    silent = said(capsys, "export", femur, "s1", "-o", str(folder / "femur.stl"))
    assert silent == f"{folder / 'femur.stl'}  (s1; the file's name does not tell the side: left)\n"
    telling = said(capsys, "export", femur, "s1", "-o", str(folder / "left.stl"))
    assert telling == f"{folder / 'left.stl'}  (s1)\n"
    assert sorted(p.name for p in folder.iterdir()) == ["femur.stl", "left.stl"]
    made = json.loads(said(capsys, "export", femur, "s1", "-o", str(folder / "b.stl"), "--json"))
    assert made == {
        "path": str(folder / "b.stl"),
        "asked": str(folder / "b.stl"),
        "side": "left",
        "stale": False,
    }
    told = said(capsys, "export", femur, "s1", "-o", str(folder / "right.stl"), status=1)
    assert "names the right side, but “left femur” is left" in told
    assert not (folder / "right.stl").exists()


def test_a_record_that_is_open_elsewhere_is_exported_and_it_is_said_that_no_log_holds_it(
    tmp_path: Path, record: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ct.nii.gz"
    with Record.open(Path(record)) as there:
        assert main(["export", record, "v1", "-o", str(file)]) == 0
        assert [e.kind for e in there.log()] == ["step"]
    assert file.is_file()
    assert "it could not be noted in the log" in capsys.readouterr().err
    assert main(["export", record, "v1", "-o", str(file)]) == 0
    assert "noted" not in capsys.readouterr().err
    with Record.open(Path(record), write=False) as there:
        assert there.log()[-1].kind == "exported"


def test_the_log_tells_what_was_undone_redone_and_exported(
    tmp_path: Path, record: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", record, "record.rename", "--input", "entity=v1", "--set", "name=pelvis"]) == 0
    assert main(["undo", record]) == 0
    assert main(["redo", record]) == 0
    out = tmp_path / "out.nii.gz"
    assert main(["export", record, "v1", "-o", str(out)]) == 0
    capsys.readouterr()
    rows = said(capsys, "log", record).splitlines()
    assert [row[37:].split("  ")[0].strip() for row in rows] == [
        "import.images", "record.rename", "undo", "redo", "exported",
    ]  # fmt: skip
    assert "body: name pelvis" in rows[1]
    assert rows[2].endswith("2: record.rename  body: name pelvis")
    assert rows[3].endswith("2: record.rename  body: name pelvis")
    assert rows[4].endswith(f"v1 → {out}")


@pytest.mark.parametrize(
    ("step", "needs", "hint"),
    [
        (
            "mesh.surface",
            "labels: a labelmap",
            "Run segmentation.bone or segmentation.scar first, or import one.",
        ),
        ("mesh.tetrahedra", "a surface", "Run mesh.surface first, or import one."),
        ("physics.solve", "a model", "Run physics.femur_model first."),
    ],
)
def test_what_lacks_names_the_step_that_makes_it(
    step: str, needs: str, hint: str, record: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(capsys, "run", record, step, status=1)
    assert told == f"vitruvian: “{step}” needs {needs}, and body.twin holds none yet. {hint}\n"


def test_every_kind_of_entity_is_made_by_a_step() -> None:
    from desktop.catalogue import load
    from twin.steps import catalogue

    load()
    assert {kind for step in catalogue() for kind in step.makes} == set(KINDS)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["import", "{scan}", "{record}"], "vitruvian import {record} {scan}"),
        (["import", "{tmp}/scans", "{tmp}/new.twin"], "vitruvian import {tmp}/new.twin {tmp}/scans"),
        (
            ["import", "{tmp}/scans", "{scan}"],
            "{tmp}/scans is a folder, no record. A record is one file, NAME.twin",
        ),
        (["import", "{tmp}/new.twin", "{record}"], "{record} is a record, not images"),
        (["list", "{tmp}/scans"], "vitruvian import NAME.twin {tmp}/scans"),
        (
            ["list", "{tmp}/passwd"],
            "{tmp}/passwd is no Vitruvian record (no database at all). A record is a .twin",
        ),
        (["list", "{scan}"], "images and meshes are imported into one"),
    ],
)
def test_words_in_the_wrong_place_are_told_with_what_to_try(
    words: list[str], says: str, record: str, scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scans").mkdir()
    (tmp_path / "passwd").write_text("root:x:0:0\n")
    places: dict[str, Any] = {"scan": scan, "record": record, "tmp": tmp_path}
    told = said(capsys, *(w.format(**places) for w in words), status=1)
    assert says.format(**places) in told
    assert len(told.strip().splitlines()) == 1
    assert not (tmp_path / "new.twin").exists()
    assert not (tmp_path / "scans.twin").exists()


def test_a_record_without_its_suffix_goes_before_a_folder_of_its_name(
    tmp_path: Path, record: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "body").mkdir()
    assert "body" in said(capsys, "list", str(tmp_path / "body"))


@pytest.mark.slow
def test_verify_ends_with_a_total(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"problem": "le10", "quantity": f"sigma {n}", "within": n != 2} for n in range(3)]
    assert total(rows) == "1 of 3 outside: le10 sigma 2"
    assert total(rows[:2]) == "all 2 within"
    lines = said(capsys, "verify", "patch").splitlines()
    assert lines[-1] == f"all {len(lines) - 2} within"
    rows = json.loads(said(capsys, "verify", "patch", "--json"))
    assert len(rows) == len(lines) - 2


def test_a_summary_is_told_in_words_with_units() -> None:
    summary = {
        "left_out": [],
        "area_mm2": 24317.9,
        "volume_error_percent": 4.441e-14,
        "rotation_assumed": True,
        "walking_von_mises_p99_mpa": 31.53412,
        "walking_von_mises_p99_mpa_low": 28.712,
        "walking_von_mises_p99_mpa_high": 34.5,
        "head_center_lps_mm": [84.93, -122.63, -831.27],
        "hip_force_lps_n": [400.31, -90.8, -1867.9],
        "structures": [{"name": "left femur", "volume_ml": 185.23, "center_lps_mm": [114.6, -113.6, -869.1]}],
        "loads": ["hip", "abductors"],
        "series": [{"name": "CT", "modality": "", "notes": ["one", "two"]}],
    }
    assert list(summary_in_words(summary)) == [
        "Area: 24\u202f318 mm²",
        "Volume error: 4.4 × 10⁻¹⁴ %",
        "Rotation assumed: yes",
        "Walking von Mises 99th percentile: 31.5 MPa (28.7–34.5)",
        "Head center: L 84.9, A 122.6, I 831.3 mm",
        "Hip force: L 400, A 90.8, I 1\u202f868 N",
        "Structures:",
        "  left femur: volume 185 mL, center L 114.6, A 113.6, I 869.1 mm",
        "Loads:",
        "  hip",
        "  abductors",
        "Series:",
        "  CT",
        "    note: one",
        "    note: two",
    ]


def test_json_keeps_every_figure(record: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Record.open(Path(record), write=False) as opened:
        summary = opened.log()[0].summary
    assert json.loads(said(capsys, "log", record, "--json"))[0]["summary"] == summary
    assert isinstance(summary["series"][0]["notes"], list)


def test_a_beat_s_numbers_are_told_once_by_their_names_and_with_a_word_on_their_intervals() -> None:
    """What stands in the comparison is left out beside it; keys of the JSON answer are not printed."""
    none = {"low": None, "high": None}
    numbers = [
        {"name": "mean left atrial pressure", "value": 5.4, "unit": "mmHg", **none},
        {"name": "ejection fraction", "value": 63.8, "unit": "%", "low": 61.0, "high": 66.0},
        {"name": "mean gradient of the mitral valve", "value": 0.0, "unit": "mmHg", **none},
        {"name": "share of the pump", "value": 0.0, "unit": "%", **none},
        {"name": "QRS duration", "value": 98.0, "unit": "ms", **none},
    ]
    summary = {
        "la_mean_pressure_mmhg": 5.4, "lv_ejection_fraction_percent": 63.8,
        "mitral_mean_gradient_mmhg": 0.0, "pump_share_percent": 0.0, "beats_differ_ml": 0.0, "qrs_ms": 98.0,
        "full_beats": 2, "own_and_now": ["QRS duration: 90 ms → 98 ms (no interval), +8 ms"],
    }  # fmt: skip
    beat = Entry("r1", "result", "beat", "", 1, "", "", {"curves": [1], "numbers": numbers}, 0)
    assert list(summary_in_words(_named_once(summary, [beat]))) == [
        "Mean left atrial pressure: 5.4 mmHg (no interval)",
        "Ejection fraction: 63.8 % (61–66)",
        "Mean gradient of the mitral valve: 0 mmHg (no interval)",
        "Share of the pump: 0 % (no interval)",
        "Beats differ: 0 mL",
        "Full beats: 2",
        "Own and now, of the full beat:",
        "  QRS duration: 90 ms → 98 ms (no interval), +8 ms",
    ]
    other = replace(beat, tree={"numbers": numbers})
    assert _named_once(summary, [other]) == summary  # another result than a beat

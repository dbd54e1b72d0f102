"""A record's steps on another patient: his own stresses; mirrored ones on the mirror image."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop.main import main
from desktop.walk import Stage
from tests.whole import chain
from tests.whole.tiny import tiny_patient
from twin.domain import Landmarks, Model, Result, Volume
from twin.record import Record
from twin.run import replay, run
from twin.sources.dicom_writer import write_series

MIRROR = np.array([-1.0, 1.0, 1.0])


def taken_in(volume: Volume, folder: Path) -> Path:
    """A new record with nothing but that CT in it, by way of DICOM."""
    folder.mkdir()
    write_series(volume, folder / "dicom")
    path = folder / f"{folder.name}.twin"
    with Record.create(path) as record:
        chain.walk(record, [chain.take_in(folder / "dicom")])
    return path


def confirm_left(path: Path) -> None:
    """Say of the only femur, whose side the scan does not settle, that it is the left one."""
    with Record.open(path) as record:
        (femur,) = (p for p in record.find("bones").parts if p.startswith("femur"))
        chain.walk(record, [Stage("labelmap.confirm_side", {}, {"side": "left", "structure": femur})])


@dataclass(frozen=True)
class Found:
    landmarks: Landmarks
    model: Model
    result: Result
    numbers: dict[str, float]

    @property
    def head(self) -> NDArray[np.float64]:
        return self.landmarks.points["head center"].point


def found(path: Path) -> Found:
    """What a record's chain has led to; checks the record on the way."""
    with Record.open(path, write=False) as record:
        assert record.check() == []
        landmarks, model, result = (
            record.load(next(e.id for e in record.entries() if e.kind == kind))
            for kind in ("landmarks", "model", "result")
        )
        summary = next(
            e.summary for e in reversed(record.log()) if (e.kind, e.step) == ("step", "physics.solve")
        )
    assert isinstance(landmarks, Landmarks)
    assert isinstance(model, Model)
    assert isinstance(result, Result)
    names = [f"{case}_{what}" for case in ("walking", "stairs_up") for what in (STRESS, WAY)]
    return Found(landmarks, model, result, {name: float(summary[name]) for name in names})


STRESS, WAY = "von_mises_p99_mpa", "max_displacement_mm"


def forces(model: Model, case: str) -> dict[str, NDArray[np.float64]]:
    """The force of each attachment, newtons, LPS."""
    total: dict[str, NDArray[np.float64]] = {}
    for load in model.loads:
        factor = model.cases[case].get(load.name, 0.0) * model.body_weight_n
        name = model.attachments[load.attachment].name
        total[name] = total.get(name, np.zeros(3)) + factor * load.direction
    return total


# --- the tiny patient


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = taken_in(tiny_patient(), tmp_path_factory.mktemp("source") / "first")
    with Record.open(path) as record:
        chain.walk(record, [Stage("segmentation.bone")])
    confirm_left(path)
    with Record.open(path) as record:
        chain.walk(record, chain.to_stress(6.0))
    return path


def test_undone_to_the_beginning_and_redone_to_the_end(source: Path) -> None:
    with Record.open(source) as record:
        whole = chain.digests(record)
        states = [whole]
        while record.undo() is not None:
            states.append(chain.digests(record))
        assert states[-1] == []
    with Record.open(source) as record:
        while states:
            assert chain.digests(record) == states.pop()
            assert (record.redo() is None) == (states == [])
        assert chain.digests(record) == whole
        assert record.check() == []


@pytest.mark.slow
def test_a_larger_patient_has_his_own_stresses(source: Path, tmp_path: Path) -> None:
    path = taken_in(tiny_patient(1.1, "LARGER"), tmp_path / "second")
    words = ["replay", str(source), str(path)]
    process = chain.program(words, tmp_path / "temp")
    _, err = process.communicate()
    assert process.returncode == 1
    assert "“Confirm side” (side = left) was said of the patient of first.twin" in err
    confirm_left(path)
    process = chain.program([*words, "--bind", "bones=bones"], tmp_path / "temp")
    _, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    first, his = found(source), found(path)
    assert his.result.identity.patient_id == "LARGER"
    assert his.result.structure == "left femur"
    np.testing.assert_allclose(his.head, 1.1 * first.head, atol=0.5)
    # The same forces on the same moduli, everything 1.1 times as long: stress as 1/1.1², way as 1/1.1.
    for case in ("walking", "stairs_up"):
        ratio = {
            what: his.numbers[f"{case}_{what}"] / first.numbers[f"{case}_{what}"] for what in (STRESS, WAY)
        }
        assert ratio[STRESS] == pytest.approx(1 / 1.21, rel=0.02)
        assert ratio[WAY] == pytest.approx(1 / 1.1, rel=0.02)


# --- the hip, and its mirror image


@pytest.fixture(scope="module")
def left(hip: Volume, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``ct-hip`` with the stresses in its left femur."""
    path = taken_in(hip, tmp_path_factory.mktemp("left") / "hip")
    with Record.open(path) as record:
        chain.walk(record, [Stage("segmentation.bone"), *chain.to_stress(5.0)])
    return path


@pytest.mark.slow
def test_the_mirror_image_has_mirrored_loads_and_stresses(left: Path, hip: Volume, tmp_path: Path) -> None:
    path = taken_in(chain.mirrored(hip), tmp_path / "mirror")
    with Record.open(left, write=False) as source, Record.open(path) as target:
        for call in replay(source, target, {"bones/left femur": "right femur"}):
            run(target, call)
    one, other = found(left), found(path)
    assert one.result.structure == "left femur"
    assert other.result.structure == "right femur"
    assert other.result.identity.patient_id == "MIRROR"
    np.testing.assert_allclose(other.head, MIRROR * one.head, atol=0.1)  # mm
    assert other.landmarks.side == "right"
    for case in one.model.cases:
        mirror = forces(other.model, case)
        assert mirror.keys() == forces(one.model, case).keys() >= {"hip", "abductors"}
        for name, force in forces(one.model, case).items():
            off = np.linalg.norm(mirror[name] - MIRROR * force)
            assert off <= 0.02 * np.linalg.norm(force), (case, name)
    for name, value in one.numbers.items():
        assert other.numbers[name] == pytest.approx(value, rel=0.02), name


# --- what has no equal


def test_what_has_no_equal_is_named(
    left: Path, tiny: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    empty, other = tmp_path / "empty.twin", tmp_path / "other.twin"
    Record.create(empty).close()
    assert main(["import", str(other), str(tiny)]) == 0

    def refused(*words: str) -> str:
        capfd.readouterr()
        assert main(["replay", str(left), *words]) == 1
        (line,) = capfd.readouterr().err.splitlines()
        return line

    scan = "Hip CT made from bone surfaces"
    assert f"which CT volume of empty.twin stands for “{scan}”" in refused(str(empty))
    assert "There is no “liver” in hip.twin to bind" in refused(str(other), "--bind", "liver=v1")
    assert "“liver” is not NAME=VALUE" in refused(str(other), "--bind", "liver")
    assert "v7" in refused(str(other), "--bind", f"{scan}=v7")
    with Record.open(other, write=False) as record:
        assert len(record.log()) == 1
    line = refused(str(other))
    assert "“mesh.surface” was run on “bones/left femur”; there is no “left femur” in “bones”" in line
    assert "“femur 1 (side unconfirmed)”" in line
    assert line.endswith("1 step is done and in other.twin; undo takes back one at a time.")
    with Record.open(other, write=False) as record:
        assert [e.step for e in record.log()] == ["import.images", "segmentation.bone"]

"""Measurements in a record: made, changed, undone, out of date, replayed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from tests.twin.measuring import phantoms
from twin import edits  # noqa: F401  (declares the steps)
from twin.domain import Identity, LabelMap, Measurement, Structure, Volume
from twin.errors import UserError
from twin.measuring.change import changed
from twin.measuring.steps import STEPS
from twin.params import NoParams, param
from twin.progress import Progress
from twin.record import Record
from twin.run import prepare, remake, replay, run
from twin.steps import Made, find, step


@dataclass(frozen=True)
class WhoParams:
    patient: str = param("P1", help="Patient ID.")
    spacing_mm: float = param(1.0, help="Spacing.", unit="mm")


@step("test.measured_ct", version=1, title="Make a CT", quick=True)
def measured_ct(params: WhoParams, progress: Progress) -> Made:
    """Make the phantom."""
    made = phantoms.volume((params.spacing_mm,) * 3)
    return Made(
        {"volume": replace(made, identity=Identity(patient_id=params.patient))}, names={"volume": "CT"}
    )


@step("test.measured_labels", version=1, title="Segment", quick=True)
def measured_labels(volume: Volume, params: NoParams, progress: Progress) -> Made:
    """Call a box of 10 × 10 × 4 voxels the left femur."""
    labels = np.zeros(volume.shape, np.uint8)
    labels[2:6, 5:15, 5:15] = 1
    return Made({"bones": LabelMap(labels, volume.affine, (Structure("left femur", 1, "femur", "left"),))})


@step("test.brighten", version=1, title="Brighten", edits="volume", quick=True)
def brighten(volume: Volume, params: NoParams, progress: Progress) -> Made:
    """Add 100 HU everywhere."""
    return Made({"volume": replace(volume, intercept=volume.intercept + 100)})


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    with Record.create(tmp_path / "p1.twin") as made:
        do(made, "test.measured_ct")
        yield made


def do(record: Record, step: str, inputs=None, **params) -> str:
    entry = run(record, prepare(record, step, inputs, params), Progress())
    return next(iter(entry.outputs.values()))["id"] if entry.outputs else ""


def at(record: Record, ref: str) -> Measurement:
    made = record.load(ref)
    assert isinstance(made, Measurement)
    return made


def length(record: Record, ref: str) -> float:
    number = at(record, ref).number("length")
    assert number is not None
    return number.value


BOX = (9.5, 9.5, 3, 19.5, 9.5, 3, 19.5, 19.5, 3, 9.5, 19.5, 3)


def test_every_kind_drawn_by_hand_is_a_quick_step_that_the_command_line_can_give(record):
    given = {
        "distance": "1,2,3,4,6,3", "angle": "1,2,3,4,6,3,9,2,3", "Cobb angle": "1,2,3,4,2,3,1,9,3,4,8,3",
        "ellipse": "10,5,3,2,5,3,6,8,3,6,2,3", "polygon": ",".join(map(str, BOX)),
        "ellipsoid": "15,10,8,5,10,8,10,15,8,10,5,8,10,10,13,10,10,3", "point": "1,2,3",
        "arrow": "1,2,3,9,9,3", "text": "1,2,3",
    }  # fmt: skip
    assert set(given) == set(STEPS)
    for kind, words in given.items():
        made = at(record, do(record, STEPS[kind], points_mm=words, text="words", normal="0,0,1"))
        assert (made.kind, made.text, made.identity.patient_id) == (kind, "words", "P1")
        assert find(STEPS[kind]).quick


def test_the_summary_names_its_units(record):
    entry = run(record, prepare(record, "measure.polygon", {}, {"points_mm": BOX}), Progress())
    assert entry.summary["area_mm2"] == pytest.approx(100)
    assert entry.summary["mean_hu"] == pytest.approx(2 * 14.5 + 250)
    assert {"perimeter_mm", "standard_deviation_hu", "area_low_mm2", "voxels"} <= set(entry.summary)


def test_a_measurement_is_changed_in_its_place_and_undone(record):
    id = do(record, "measure.distance", points_mm=(0, 0, 3, 10, 0, 3))
    do(record, "record.rename", {"entity": id}, name="long bone")
    run(record, changed(record, id, points_mm=(0, 0, 3, 20, 0, 3)), Progress())
    assert [(e.id, e.name, e.stale) for e in record.entries()[1:]] == [(id, "long bone", "")]
    assert length(record, id) == pytest.approx(20)
    run(record, changed(record, id, label_mm=(5, 5, 3)), Progress())
    assert length(record, id) == pytest.approx(20)
    np.testing.assert_allclose(at(record, id).label, (5, 5, 3))
    record.undo()
    record.undo()
    assert length(record, id) == pytest.approx(10)
    record.redo()
    assert length(record, id) == pytest.approx(20)


def test_names_count_up_and_words_give_the_name_until_the_user_does(record):
    ids = [do(record, "measure.distance", points_mm=(0, 0, 3, 10, 0, 3)) for _ in range(2)]
    assert [record.find(i).name for i in ids] == ["Distance", "Distance 2"]
    do(record, "record.delete", {"entity": ids[0]})
    run(record, changed(record, ids[1], points_mm=(0, 0, 3, 20, 0, 3)), Progress())
    assert record.find(ids[1]).name == "Distance 2"
    note = do(record, "measure.text", points_mm=(1, 2, 3), text="old fracture")
    assert record.find(note).name == "old fracture"
    run(record, changed(record, note, text="new fracture"), Progress())
    assert record.find(note).name == "new fracture"
    do(record, "record.rename", {"entity": note}, name="F1")
    run(record, changed(record, note, text="no fracture"), Progress())
    assert record.find(note).name == "F1"


def test_a_measurement_is_out_of_date_when_its_image_changes_and_is_made_again_where_it_was_moved_to(record):
    id = do(record, "measure.polygon", points_mm=BOX)
    moved = tuple(np.array(BOX) + (10, 0, 0) * 4)
    run(record, changed(record, id, points_mm=moved), Progress())
    do(record, "test.brighten", {"volume": "CT"})
    assert record.find(id).stale == "“CT” has changed since"
    run(record, remake(record, id), Progress())
    assert record.find(id).stale == ""
    mean = at(record, id).number("mean")
    assert mean is not None
    assert mean.value == pytest.approx(2 * 24.5 + 250 + 100)


def test_a_structure_of_a_labelmap_is_measured_with_its_side(record):
    bones = do(record, "test.measured_labels", {"volume": "CT"})
    id = do(record, "measure.structure", {"labelmap": f"{bones}/left femur", "volume": "CT"})
    made = at(record, id)
    assert (made.structure, made.side, record.find(id).name) == ("left femur", "left", "left femur volume")
    assert made.number("volume").value == pytest.approx(0.4)
    assert made.number("mean").value == pytest.approx(2 * 9.5 + 350 - 50)
    with pytest.raises(UserError, match="not drawn by hand"):
        changed(record, id, points_mm=(1, 2, 3))


def test_what_was_drawn_on_one_patient_is_not_drawn_on_another_and_what_was_computed_is(record, tmp_path):
    id = do(record, "measure.distance", points_mm=(0, 0, 3, 10, 0, 3))
    do(record, "record.rename", {"entity": id}, name="long bone")
    run(record, changed(record, id, points_mm=(0, 0, 3, 20, 0, 3)), Progress())
    bones = do(record, "test.measured_labels", {"volume": "CT"})
    do(record, "measure.structure", {"labelmap": f"{bones}/left femur"})
    with Record.create(tmp_path / "p2.twin") as other:
        do(other, "test.measured_ct", patient="P2", spacing_mm=2.0)
        for call in replay(record, other):
            run(other, call, Progress())
        (measured,) = [e for e in other.entries() if e.kind == "measurement"]
        assert measured.name == "left femur volume"
        assert at(other, measured.id).number("volume").value == pytest.approx(0.4 * 8)


def test_text_without_words_and_numbers_that_are_no_points_are_refused(record):
    with pytest.raises(UserError, match="no words"):
        do(record, "measure.text", points_mm=(1, 2, 3))
    with pytest.raises(UserError, match="5 numbers are no points"):
        do(record, "measure.distance", points_mm=(1, 2, 3, 4, 5))

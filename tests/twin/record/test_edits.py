from dataclasses import replace

import pytest

from tests.twin.record.conftest import Do
from twin import edits
from twin.domain import LabelMap, Volume
from twin.errors import UserError
from twin.progress import Progress
from twin.record import Record
from twin.sources.grid import ASKS_FOR_CT


def test_rename_color_and_delete_can_be_undone(walked: Record, do: Do) -> None:
    before = walked.entries()
    do(walked, "record.rename", {"entity": "s1"}, name="  femur   left ")
    assert walked.find("s1").name == "femur left"
    do(walked, "record.rename", {"entity": "s2"}, name="femur left")
    assert walked.find("s2").name == "femur left 2"
    do(walked, "record.color", {"entity": "s1"}, color="#102030")
    do(walked, "record.color", {"entity": "s1"}, color="")
    assert walked.find("s1").color == ""
    do(walked, "record.delete", {"entity": "femur left"})
    assert [e.id for e in walked.entries()] == ["v1", "l1", "s2", "m1"]
    assert walked.title("undo") == "Delete"
    for _ in range(5):
        walked.undo()
    assert walked.entries() == before


def test_what_makes_no_sense_is_refused(walked: Record, do: Do) -> None:
    with pytest.raises(UserError, match="empty name"):
        do(walked, "record.rename", {"entity": "s1"}, name="  ")
    with pytest.raises(UserError, match="no color"):
        do(walked, "record.color", {"entity": "s1"}, color="bone")


def test_only_what_a_file_is_silent_about_can_be_said(record: Record, do: Do) -> None:
    do(record, "example.scan")
    volume = record.load("v1")
    assert isinstance(volume, Volume)
    with pytest.raises(UserError, match="is CT already"):
        do(record, "volume.confirm_modality", {"volume": "v1"}, modality="CT")
    silent = replace(volume, modality="", unit="", notes=("kept", f"Odd values. {ASKS_FOR_CT}"))
    made = edits.confirm_modality(silent, edits.ModalityParams("CT"), Progress()).outputs["volume"]
    assert isinstance(made, Volume)
    assert (made.modality, made.unit) == ("CT", "HU")
    assert made.notes == ("kept", "Modality CT was said by hand: its values are taken for HU.")
    made = edits.confirm_modality(silent, edits.ModalityParams("MR"), Progress()).outputs["volume"]
    assert isinstance(made, Volume)
    assert (made.modality, made.unit) == ("MR", "")
    with pytest.raises(UserError, match="holds colors"):
        edits.confirm_modality(replace(silent, color=True), edits.ModalityParams("CT"), Progress())


def test_confirming_a_side_names_the_structure(record: Record, do: Do) -> None:
    do(record, "example.scan")
    do(record, "example.bones", confirmed=False)
    with pytest.raises(UserError, match=r"2 structures wait.*femur 1.*femur 2"):
        do(record, "labelmap.confirm_side", side="left")
    do(record, "labelmap.confirm_side", structure="femur 1 (side unconfirmed)", side="left")
    with pytest.raises(UserError, match="there is one already"):
        do(record, "labelmap.confirm_side", side="left")
    with pytest.raises(UserError, match="no choice"):
        do(record, "labelmap.confirm_side", side="up")
    do(record, "labelmap.confirm_side", side="right")
    labelmap = record.load("bones")
    assert isinstance(labelmap, LabelMap)
    assert [(s.name, s.side, s.label) for s in labelmap.structures] == [
        ("left femur", "left", 1),
        ("right femur", "right", 2),
    ]
    assert "“femur 1 (side unconfirmed)” was confirmed to be the left femur." in labelmap.notes
    assert record.find("bones").id == "l1"
    with pytest.raises(UserError, match="0 structures wait"):
        do(record, "labelmap.confirm_side", side="left")
    record.undo()
    record.undo()
    assert record.find("bones").parts[0] == "femur 1 (side unconfirmed)"


def test_one_structure_is_renamed_and_colored_and_its_side_stays(record: Record, do: Do) -> None:
    do(record, "example.scan")
    do(record, "example.bones", confirmed=False)
    first = "femur 1 (side unconfirmed)"
    with pytest.raises(UserError, match="a name does not settle it"):
        do(record, "labelmap.rename_structure", structure=first, name="left femur")
    do(record, "labelmap.confirm_side", structure=first, side="left")
    for name, fault in (("", "empty"), ("right femur", "says right"), ("femur", "does not say so")):
        with pytest.raises(UserError, match=fault):
            do(record, "labelmap.rename_structure", structure="left femur", name=name)
    with pytest.raises(UserError, match="already"):
        do(
            record,
            "labelmap.rename_structure",
            structure="left femur",
            name="femur 2 (side unconfirmed)",
        )
    with pytest.raises(UserError, match="no structure “rib”"):
        do(record, "labelmap.color_structure", structure="rib", color="#102030")
    with pytest.raises(UserError, match="no color"):
        do(record, "labelmap.color_structure", structure="left femur", color="bone")
    before = record.load("bones")
    do(record, "labelmap.rename_structure", structure="left femur", name=" femur,  left ")
    do(record, "labelmap.color_structure", structure="femur, left", color="#10203f")
    after = record.load("bones")
    assert isinstance(before, LabelMap)
    assert isinstance(after, LabelMap)
    was, now = before.structures[0], after.structures[0]
    assert now == replace(was, name="femur, left", color="#10203F")
    assert (now.side, now.shown_color) == ("left", "#10203F")
    assert after.structures[1] == before.structures[1]
    record.undo()
    record.undo()
    assert record.load("bones").structures == before.structures

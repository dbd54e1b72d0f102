"""What says that a series is late enhancement, what does not, and what follows from it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segmentation.heart import steps as _steps  # noqa: F401  registers the steps
from segmentation.heart.late_series import UNSAID, says_late
from segmentation.heart.scar import _checked
from tests.segmentation.heart.late import VIEW_MM, motion, patient
from twin.codec import encode
from twin.domain import Identity, Volume
from twin.errors import UserError
from twin.record import Call, Record
from twin.reference import late as reference
from twin.reference.heart import FRAME_OF_REFERENCE
from twin.run import prepare
from twin.sources import read, scan
from twin.sources.dicom_writer import write_series
from twin.sources.steps import ImportParams
from twin.steps import Made


def series(description: str = "", **more: object) -> Volume:
    made = Volume(
        np.zeros((3, 4, 5), np.int16), np.eye(4), "MR", identity=Identity(series_description=description)
    )
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "words",
    ["late enhancement short axis", "DE_high-res_tfi_psir_p2_sa_MAG", "2D MDE SAX", "PSMDE", "sax DE",
     "SC 2DDel Enh 250 2 C", "SA_LGE_3D", "DelayedEnh_sax", "Rehaussement tardif PA"],
)  # fmt: skip
def test_words_of_protocols_say_it(words: str) -> None:
    assert says_late(series(words)) == f"its description, “{words}”"
    assert says_late(series("tfi", protocol=words)) == f"its protocol, “{words}”"


@pytest.mark.parametrize(
    "words",
    ["", "cine sa", "eje corto DE VI", "desk", "translate", "tfi_ir", "T2 dark blood", "LGE TI scout"],
)
def test_other_words_do_not(words: str) -> None:
    assert says_late(series(words)) == ""


def test_an_inversion_after_contrast_says_it_but_not_of_maps_and_edema() -> None:
    given = {"inversion_ms": 290.0, "contrast_agent": "Gadovist"}
    assert says_late(series("sa", **given)) == "an inversion time of 290 ms after contrast agent (Gadovist)"
    assert says_late(series("sa", inversion_ms=290.0)) == ""
    assert says_late(series("sa", inversion_ms=290.0, contrast_agent="NO")) == ""
    assert says_late(series("sa", inversion_ms=1100.0, contrast_agent="Gadovist")) == ""
    assert says_late(series("T1_MOLLI_post", **given)) == ""
    assert says_late(series("t2_stir", **given)) == ""


def test_the_tree_that_a_record_keeps_says_the_same_and_an_old_one_what_it_has() -> None:
    tree = encode(series("tfi", protocol="LGE")).tree
    assert says_late(tree) == "its protocol, “LGE”"
    del tree["protocol"], tree["inversion_ms"]
    assert says_late(tree) == ""


def test_the_reference_s_late_series_is_written_as_scanners_write_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pydicom import dcmread

    monkeypatch.setattr(reference, "_taken", lambda where, *_: np.zeros(where.size, np.uint16))
    volume, _ = reference.make_late_series(patient(), slices=3, pixel_mm=13.0, view_mm=VIEW_MM)
    write_series(volume, tmp_path)
    ds = dcmread(tmp_path / "slice-0002.dcm")
    assert (list(ds.ScanningSequence), ds.InversionTime, ds.ContrastBolusAgent) == (
        ["GR", "IR"],
        300,
        "gadolinium",
    )
    assert (ds.NominalInterval, ds.HeartRate) == (874, 69)
    (found,) = scan([tmp_path]).series
    again = read(found)
    assert isinstance(again, Volume)
    assert (again.protocol, again.inversion_ms) == (volume.protocol, 300.0)
    assert again.cycle_ms is not None
    assert volume.cycle_ms is not None
    assert list(again.cycle_ms) == list(volume.cycle_ms)
    nameless = replace(again, protocol="", identity=Identity())
    assert says_late(nameless) == "an inversion time of 300 ms after contrast agent (gadolinium)"


def test_a_series_that_does_not_say_so_must_be_named(tmp_path: Path) -> None:
    with Record.create(tmp_path / "a.twin") as record:
        for made in (series("t2 sa"), motion()):
            record.commit(
                Call("import.images", 2, ImportParams(paths=("/x",))), Made({"made": made}), 0.1, 1.0
            )
        with pytest.raises(UserError, match="nothing says of a volume in") as told:
            prepare(record, "segmentation.scar")
        assert "v1 “made”" in told.value.hint
        assert prepare(record, "segmentation.scar", {"late": "v1"}).inputs["late"].id == "v1"
        saying = Made({"made": series("LGE sa")})
        record.commit(Call("import.images", 2, ImportParams(paths=("/x",))), saying, 0.1, 1.0)
        assert prepare(record, "segmentation.scar").inputs["late"].id == "v2"


def test_the_result_tells_by_what_it_was_taken_as_late() -> None:
    for words, told in (
        ("LGE sa", "by its description, “LGE sa”"),
        ("sa", f"since the user chose it: {UNSAID}"),
    ):
        _, notes = _checked(replace(series(words), frame_of_reference=FRAME_OF_REFERENCE), motion(), None)
        assert notes[0] == f"Taken as late enhancement {told}."

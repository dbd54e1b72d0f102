"""A minus is a minus sign in what people read, and no hyphen."""

from types import SimpleNamespace

import numpy as np

from physics.bone_material.calibration import Calibration
from physics.personal import fitting
from physics.personal.measured import MEASURES
from twin.domain import Volume
from viewers.slice_view import SliceView


def test_a_beat_that_is_less_than_imaged_says_so_with_a_minus_sign() -> None:
    measured = SimpleNamespace(
        edv_ml=173.0, esv_ml=59.0, still=False, cuff_mmhg=None, cuff=(120.0, 78.0), end_diastolic_mmhg=None,
        edp=10.0, peak_mmhg=None, wedge_mmhg=None,
    )  # fmt: skip
    less = dict.fromkeys(MEASURES.values(), SimpleNamespace(value=50.0))
    told = fitting._against_data(SimpleNamespace(measured=measured, measures=less))  # type: ignore[arg-type]
    assert told[0].remark == "The fitted beat is −123.0 mL off."
    assert not any("-" in number.remark for number in told)


def test_a_calibration_has_minus_signs() -> None:
    falling = Calibration(0.001, -0.02, "HA", "made up", with_phantom=False)
    assert " HU −0.02 g/cm³" in falling.words
    assert " -" not in falling.words


def test_the_level_of_a_lung_window_has_one(qtbot) -> None:
    view = SliceView("axial")
    qtbot.addWidget(view)
    view.set_volume(Volume(np.zeros((4, 8, 8), np.int16), np.eye(4), "CT", "HU", window=(-600.0, 1500.0)))
    assert view.sheet is not None
    assert view.picture.words(view.sheet.frame, 1.0)[0] == "W 1500  L −600 HU"

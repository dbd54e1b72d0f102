"""Both ways meet: the reference heart patient's ventricle, found in its images and known beforehand."""

import numpy as np
import pytest

from segmentation.heart.ventricle import Ventricles, segment_cine
from segmentation.heart.views import cine_views
from twin.reference.heart import HeartPatient, make_heart_patient


@pytest.fixture(scope="module")
def patient() -> HeartPatient:
    """Fewer phases, slices and pixels than the whole study."""
    return make_heart_patient(phases=8, slices=6, gap_mm=16.0, pixel_mm=2.109375)


@pytest.fixture(scope="module")
def found(patient: HeartPatient) -> Ventricles:
    return segment_cine(cine_views(patient.volumes))


def test_end_diastole(patient: HeartPatient, found: Ventricles) -> None:
    """True: 150 mL. Half a pixel (1.05 mm) round 120 cm² of endocardium would be 12.6 mL, 8 %."""
    measures = found.measures
    assert measures.end_diastole == 0
    assert measures.edv_ml == pytest.approx(patient.edv_ml, rel=0.08)
    assert measures.end_systole == int(patient.cavity_ml.argmin())


def test_the_endocardium_lies_within_half_a_pixel(patient: HeartPatient, found: Ventricles) -> None:
    """In the mean over surface and phases; the base plane within 2 mm at end-diastole."""
    off = [patient.distance("endocardium", t, found.wall.endocardium(t).points) for t in range(8)]
    assert np.abs(np.concatenate(off)).mean() < 1.05
    place, normal = patient.base(0)
    assert abs((found.wall.base.points[0] - place) @ normal) < 2.0

"""Both ways meet: the ventricle of the reference heart patient, found in its images and known beforehand."""

import numpy as np
import pytest

from segmentation.heart.ventricle import Ventricles, segment_cine
from segmentation.heart.views import cine_views
from twin.reference.heart import HeartPatient, make_heart_patient

@pytest.fixture(scope="module")
def patient() -> HeartPatient:
    return make_heart_patient(phases=8, slices=6, gap_mm=16.0, pixel_mm=2.109375)


@pytest.fixture(scope="module")
def found(patient: HeartPatient) -> Ventricles:
    return segment_cine(cine_views(patient.volumes))

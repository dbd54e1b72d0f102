"""What is known of a patient's heart beside its shape: volumes, pressures, and how sure each is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.personal.ensemble import Datum
from twin.errors import UserError

Array = NDArray[np.float64]

ASSUMED_CUFF_MMHG = (120.0, 78.0)
ASSUMED_EDP_MMHG = 10.0
EDP_ERROR_MMHG = {True: 2.0, False: 4.0}
"""By whether it was given. Our judgment: of a catheter or echo, and how far hearts lie about 10 or from the
wedge pressure."""
CUFF_ERROR_MMHG = 3.0
"""Our judgment: between a device's own 8 mmHg (ISO 81060-2) and the scatter of a mean of readings."""
PEAK_ERROR_MMHG, WEDGE_ERROR_MMHG = 4.0, 2.0
"""Our judgment, of catheters filled with fluid: they ring at the peak, and breathing moves a mean."""
ENDS_ERROR, PHASE_ERROR = 0.015, 0.04
"""Of end-diastolic and end-systolic volume, and of other phases, as shares of the end-diastolic volume. Our
judgment, after the segmentation's own scatter (3 %) and 10 ms of timing."""
STILL_ERROR = 0.05
"""The same of the volume in one moment's images: of a threshold's blood, in a phase that is not known. Our
judgment."""
EJECTION_ERROR_PERCENT = 5.0
"""Of an ejection fraction that was told. Our judgment: two echoes of one heart differ by up to 10 points."""
ASSUMED_RISE_MMHG_PER_S, RISE_ERROR_MMHG_PER_S = 1800.0, 400.0
"""Largest rise of the left ventricle's pressure, which volumes and a cuff say little of. Our judgment, from
memory of catheters with their manometer at the tip: healthy adults at rest, 1,400 to 2,200."""
MOST_ACROSS_MMHG = 20.0
"""By which a ventricle's peak may differ from the cuff's: more, and the valve or one of both is amiss."""

MEASURES = {
    "end_diastolic_volume": "lv_end_diastolic_volume_ml",
    "end_systolic_volume": "lv_end_systolic_volume_ml",
    "ejection_fraction": "lv_ejection_fraction_percent",
    "systolic_pressure": "systolic_pressure_mmhg",
    "diastolic_pressure": "diastolic_pressure_mmhg",
    "end_diastolic_pressure": "lv_end_diastolic_pressure_mmhg",
    "peak_pressure": "lv_peak_pressure_mmhg",
    "wedge_pressure": "la_mean_pressure_mmhg",
    "pressure_rise": "lv_dp_dt_max_mmhg_per_s",
}
"""By the name of a datum, what a beat's measures call it."""


@dataclass(frozen=True, eq=False)
class Measured:
    """What is known of a patient's heart beside its shape at end-diastole.

    Attributes
    ----------
    fractions, volumes_ml : ndarray, shape (t,)
        Of the cycle since the R wave, 0 to 1, and the cavity's volume then; the phases that are to be fitted.
        One moment alone is taken as end-diastole.
    heart_rate_per_min : float
    cuff_mmhg : tuple of float, optional
        Systolic and diastolic; 120/78 is assumed where not given.
    end_diastolic_mmhg : float, optional
        Of the left ventricle; where not given, the wedge pressure is taken, or else 10.
    ejection_percent : float, optional
        For one moment's images, and only for them: of echo or ventriculography.
    peak_mmhg, wedge_mmhg : float, optional
        Of a catheter: the left ventricle's largest pressure, and the left atrium's mean.
    """

    fractions: Array
    volumes_ml: Array
    heart_rate_per_min: float
    cuff_mmhg: tuple[float, float] | None = None
    end_diastolic_mmhg: float | None = None
    ejection_percent: float | None = None
    peak_mmhg: float | None = None
    wedge_mmhg: float | None = None

    def __post_init__(self) -> None:
        self._check_volumes()
        if not 30.0 <= self.heart_rate_per_min <= 150.0:
            raise UserError(
                f"A heart rate of {self.heart_rate_per_min:.0f}/min cannot be simulated.",
                "Give one between 30 and 150; check the cycle's length.",
            )
        upper, lower = self.cuff
        if not (20.0 <= lower < upper - 5.0 and upper <= 260.0):
            raise UserError(
                f"A cuff pressure of {upper:.0f}/{lower:.0f} mmHg is none.",
                "Give systolic and diastolic pressure, in mmHg, in this order.",
            )
        if not 1.0 <= self.edp <= 40.0:
            raise UserError(
                f"An end-diastolic pressure of {self.edp:g} mmHg is none.", "Give one between 1 and 40 mmHg."
            )
        if self.peak_mmhg is not None:
            self._check_peak(self.peak_mmhg)

    def _check_volumes(self) -> None:
        if self.still and self.ejection_percent is None:
            raise UserError(
                "The images show one moment only: how much this ventricle ejects is not known.",
                "Give its ejection fraction (ejection_percent), of echo or ventriculography; or fit a heart "
                "to a cine MR study.",
            )
        if not self.still and self.ejection_percent is not None:
            raise UserError(
                f"An ejection fraction of {self.ejection_percent:g} % is given, and these images show it "
                "themselves.",
                "Leave it empty.",
            )
        edv, esv = self.edv_ml, self.esv_ml
        if not (np.isfinite(self.volumes_ml).all() and esv > 0.0 and 20.0 <= edv <= 600.0):
            raise UserError(
                f"Volumes of {esv:.0f} to {edv:.0f} mL are no human ventricle's.",
                "Check the contours, and the images' units.",
            )
        ejected = 1.0 - esv / edv
        if not 0.05 <= ejected <= 0.9:
            raise UserError(
                f"An ejection fraction of {100 * ejected:.0f} % is none that a heart has.",
                "Check the contours at end-systole and at end-diastole."
                if not self.still
                else "Give one between 5 and 90 %.",
            )

    def _check_peak(self, peak: float) -> None:
        if self.cuff_mmhg is None:
            raise UserError(
                f"The ventricle's peak pressure of {peak:g} mmHg is given, and no cuff pressure: the assumed "
                f"{self.cuff[0]:.0f}/{self.cuff[1]:.0f} mmHg would speak against it.",
                "Give systolic and diastolic pressure too, of the cuff or of the aorta.",
            )
        if abs(peak - self.cuff[0]) > MOST_ACROSS_MMHG:
            raise UserError(
                f"The ventricle's peak pressure of {peak:g} mmHg lies {abs(peak - self.cuff[0]):.0f} mmHg "
                f"{'above' if peak > self.cuff[0] else 'below'} the arteries' {self.cuff[0]:g}: hearts are "
                "fitted with healthy valves.",
                "Check both; with a narrow aortic valve leave the peak empty, and ask for the valve's area "
                "afterwards (Simulate).",
            )

    @property
    def still(self) -> bool:
        """Whether the images show one moment only."""
        return len(self.volumes_ml) == 1

    @property
    def edv_ml(self) -> float:
        """Volume at end-diastole."""
        return float(np.max(self.volumes_ml))

    @property
    def esv_ml(self) -> float:
        """Volume at end-systole, as imaged or by the ejection fraction that was told."""
        if self.still and self.ejection_percent is not None:
            return self.edv_ml * (1.0 - self.ejection_percent / 100.0)
        return float(np.min(self.volumes_ml))

    @property
    def least_ml(self) -> float:
        """The volume at end-systole, less its error where that is large."""
        return self.esv_ml - (self.edv_ml * EJECTION_ERROR_PERCENT / 100.0 if self.still else 0.0)

    @property
    def phases(self) -> Array:
        """Fractions of the cycle whose volumes are fitted one by one: none of one moment."""
        return self.fractions[:0] if self.still else self.fractions

    @property
    def cuff(self) -> tuple[float, float]:
        """Given or assumed."""
        return self.cuff_mmhg or ASSUMED_CUFF_MMHG

    @property
    def edp(self) -> float:
        """Given, or as the wedge pressure, or assumed."""
        if self.end_diastolic_mmhg is not None:
            return self.end_diastolic_mmhg
        return ASSUMED_EDP_MMHG if self.wedge_mmhg is None else self.wedge_mmhg

    @property
    def edp_error(self) -> float:
        """Standard deviation of the end-diastolic pressure."""
        return EDP_ERROR_MMHG[self.end_diastolic_mmhg is not None]

    @property
    def assumed(self) -> tuple[str, ...]:
        """What was not given, in words."""
        said = []
        if self.cuff_mmhg is None:
            said.append("cuff pressure {:.0f}/{:.0f} mmHg".format(*ASSUMED_CUFF_MMHG))
        if self.end_diastolic_mmhg is None:
            source = "" if self.wedge_mmhg is None else " (the wedge pressure)"
            said.append(f"end-diastolic pressure {self.edp:.0f} mmHg{source}")
        error = RISE_ERROR_MMHG_PER_S
        said.append(
            f"dP/dt max {ASSUMED_RISE_MMHG_PER_S:,.0f} ± {error:,.0f} mmHg/s, as healthy adults have it"
        )
        return tuple(said)

    def data(self) -> tuple[Datum, ...]:
        """Return what is fitted, with errors: volumes of the ``phases``, then numbers of ``MEASURES``."""
        made = list(self._volumes())
        given = "given" if self.cuff_mmhg else "assumed"
        for name, value in zip(("systolic_pressure", "diastolic_pressure"), self.cuff, strict=True):
            made.append(Datum(name, "mmHg", value, CUFF_ERROR_MMHG, f"{given}; mean of seven readings"))
        given = "assumed" if self.end_diastolic_mmhg is None else "given"
        made.append(Datum("end_diastolic_pressure", "mmHg", self.edp, self.edp_error, given))
        if self.peak_mmhg is not None:
            made.append(
                Datum("peak_pressure", "mmHg", self.peak_mmhg, PEAK_ERROR_MMHG, "given, a catheter's")
            )
        if self.wedge_mmhg is not None:
            made.append(Datum("wedge_pressure", "mmHg", self.wedge_mmhg, WEDGE_ERROR_MMHG, "a catheter's"))
        rise = ASSUMED_RISE_MMHG_PER_S, RISE_ERROR_MMHG_PER_S
        made.append(Datum("pressure_rise", "mmHg/s", *rise, "assumed, as healthy adults have it"))
        return tuple(made)

    def _volumes(self) -> list[Datum]:
        edv = self.edv_ml
        if self.ejection_percent is not None:
            share = "one moment, taken as end-diastole"
            return [
                Datum("end_diastolic_volume", "mL", edv, STILL_ERROR * edv, share),
                Datum("ejection_fraction", "%", self.ejection_percent, EJECTION_ERROR_PERCENT, "given"),
            ]
        reader = "two readers of cine MR, the segmentation's scatter, 10 ms"
        made = [
            Datum(f"volume_{fraction:.2f}", "mL", float(volume), PHASE_ERROR * edv, reader)
            for fraction, volume in zip(self.fractions, self.volumes_ml, strict=True)
        ]
        reader = "two readers of cine MR"
        made.append(Datum("end_diastolic_volume", "mL", edv, ENDS_ERROR * edv, reader))
        made.append(Datum("end_systolic_volume", "mL", self.esv_ml, ENDS_ERROR * edv, reader))
        return made

"""Headline numbers of a load case, and the intervals they lie in."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.results_average import (
    RADIUS_MM,
    Average,
    element_centers,
    element_volumes,
    strain_ratios,
)
from physics.results_recover import FOUR_POINTS, at_points, recovered_strain
from twin.domain import Material, Model, Number

PERCENTILE = 99.0
SWEEP_DEG = 15.0

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Headline:
    """What a load case comes to: stress MPa, ratio 1 with its element and mode, displacement mm."""

    stress: float
    ratio: float
    displacement: float
    element: int = 0
    in_tension: bool = False


class Measure:
    """Takes headline numbers from strains and displacements of one model.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.volumes = element_volumes(model.mesh)
        self.centers = element_centers(model.mesh)
        self.average = Average.over(self.centers, self.volumes)
        exclude = model.exclude
        self.counted = np.ones(len(self.volumes), bool) if exclude is None else ~exclude

    def headline(
        self, strain: NDArray[np.float32], displacement: NDArray[np.float32], material: Material
    ) -> Headline:
        """Measure strains (m, 6) and displacements (n, 3) of a case under its full weight."""
        from physics.elasticity import stress, von_mises

        size = von_mises(stress(self.model.mesh, material, strain[None])[0])
        ratio, element, in_tension = self._ratio(strain)
        moved = float(np.sqrt(np.max(np.sum(displacement.astype(float) ** 2, axis=1))))
        return Headline(self._percentile(size[None]), ratio, moved, element, in_tension)

    def recovered(self, strain: NDArray[np.float32], found: Headline) -> Headline:
        """Estimate what a much finer mesh would find, from strains recovered over patches.

        Displacement: P1 elements are too stiff by the energy of the error, which the
        recovered field estimates (η² = error's energy / all energy).
        """
        from physics.elasticity import stress, von_mises

        mesh, material = self.model.mesh, self.model.material
        nodal = recovered_strain(mesh, strain, self.volumes)
        smooth = at_points(mesh, nodal, FOUR_POINTS)
        smooth_stress = stress(mesh, material, smooth)
        error = np.einsum(
            "qmc,qmc,c->m", smooth_stress - stress(mesh, material, strain[None]), smooth - strain, _DOUBLED
        ) / len(FOUR_POINTS)
        energy = np.einsum("mc,mc,c->m", stress(mesh, material, strain[None])[0], strain, _DOUBLED)
        eta = float((error * self.volumes).sum() / ((error + energy) * self.volumes).sum())
        ratio = self._ratio(np.ascontiguousarray(smooth.mean(axis=0)))[0]
        return Headline(self._percentile(von_mises(smooth_stress)), ratio, found.displacement / (1 - eta))

    def _percentile(self, size: NDArray) -> float:
        """Return the stress below which 99 % of the counted volume lie; ``size`` (point, m)."""
        kept = size[:, self.counted].ravel()
        weight = np.tile(self.volumes[self.counted], len(size))
        order = np.argsort(kept)
        reached = np.cumsum(weight[order])
        at = int(np.searchsorted(reached, PERCENTILE / 100 * reached[-1]))
        return float(kept[order[min(at, len(order) - 1)]])

    def _ratio(self, strain: NDArray[np.float32]) -> tuple[float, int, bool]:
        material = self.model.material
        pair = strain_ratios(strain, material.yield_strain_tension, material.yield_strain_compression)
        averaged = np.where(self.counted[:, None], self.average.of(pair), -1.0)
        element, mode = divmod(int(np.argmax(averaged)), 2)
        return float(averaged[element, mode]), element, mode == 0


_DOUBLED = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
"""Shear components count twice in a double contraction."""


def turned_factors(model: Model, factors: Vector, angle_deg: float, only: str | None) -> Vector:
    """Turn a case's forces about the bone's z axis (Rodrigues), attachments staying where they are.

    Parameters
    ----------
    factors : ndarray, shape (load,)
        Of the model's unit loads.
    only : str or None
        Name of the one attachment whose force is turned; None for all.
    """
    if model.landmarks is None:
        return factors
    axis = model.landmarks.axes[2]
    angle = np.radians(angle_deg)
    turned = factors.copy()
    for number, attachment in enumerate(model.attachments):
        rows = [n for n, load in enumerate(model.loads) if load.attachment == number]
        if only is not None and attachment.name != only:
            continue
        directions = np.array([model.loads[n].direction for n in rows])
        force = factors[rows] @ directions
        force = (
            force * np.cos(angle)
            + np.cross(axis, force) * np.sin(angle)
            + axis * (axis @ force) * (1 - np.cos(angle))
        )
        turned[rows] = np.linalg.solve(directions @ directions.T, directions @ force)
    return turned


def numbers_of(
    model: Model, measure: Measure, case: str, found: Headline, causes: dict[str, list[Headline]]
) -> tuple[Number, ...]:
    """Return a case's headline numbers with their intervals.

    Each cause bounds a number by the least and greatest value it was found to take; causes
    are independent, so that their deviations are combined as the root of their squares.
    """
    away = "away from supports and load areas" if model.exclude is not None else "in the whole mesh"
    mode = "tension" if found.in_tension else "compression"
    place = tuple(float(round(v, 1)) for v in measure.centers[found.element])
    ratio_remark = (
        f"peak in {mode}; principal strain over yield strain, averaged over elements whose centers lie "
        f"within {RADIUS_MM:g} mm (3 mm across), {away}"
    )
    assert len(place) == 3
    pick: tuple[tuple[str, str, Callable[[Headline], float], str, tuple[float, float, float] | None], ...] = (
        (
            f"von Mises stress, {PERCENTILE:g}th percentile", "MPa", lambda h: h.stress,
            f"{PERCENTILE:g} % of the volume lie below it, {away}; {_clipped(model.material)}", None,
        ),
        ("strain / yield (3 mm average), peak", "1", lambda h: h.ratio, ratio_remark, place),
        ("displacement, largest", "mm", lambda h: h.displacement, "against the held end", None),
    )  # fmt: skip
    numbers = []
    for name, unit, value_of, remark, at in pick:
        value = value_of(found)
        bounds = {
            cause: (min(value, *map(value_of, others)), max(value, *map(value_of, others)))
            for cause, others in causes.items()
        }
        low = value - float(np.sqrt(sum((value - b[0]) ** 2 for b in bounds.values())))
        high = value + float(np.sqrt(sum((b[1] - value) ** 2 for b in bounds.values())))
        interval = (max(low, 0.0), high) if bounds else (None, None)
        numbers.append(Number(f"{case}: {name}", value, unit, *interval, bounds or None, at, remark))
    return tuple(numbers)


def _clipped(material: Material) -> str:
    return (
        f"moduli clipped at the lower limit in {material.clipped_low:.1%} and at the upper in "
        f"{material.clipped_high:.1%} of the volume"
    )

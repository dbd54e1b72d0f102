"""Headline numbers of a load case, and the intervals they lie in."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from physics.results_average import (
    RADIUS_MM,
    Average,
    element_centers,
    element_volumes,
    strain_ratios,
)
from physics.results_recover import at_points, recovered_strain
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
    stress_everywhere: float = 0.0
    """The same percentile over the whole bone, beside supports and loads too."""


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

    def headline(self, strain: NDArray, displacement: NDArray[np.float32], material: Material) -> Headline:
        """Measure strains (m, 6) and displacements (n, 3) of a case under its full weight."""
        from physics.elasticity import stress, von_mises

        size = von_mises(stress(self.model.mesh, material, strain[None])[0])
        ratio, element, in_tension = self._ratio(strain)
        moved = float(np.sqrt(np.max(np.sum(displacement.astype(float) ** 2, axis=1))))
        everywhere = self._percentile(size[None], counted=np.ones_like(self.counted))
        return Headline(self._percentile(size[None]), ratio, moved, element, in_tension, everywhere)

    def mesh_bounds(self, strain: NDArray, found: Headline) -> list[Headline]:
        """Bound a case's numbers by how far its strains are from those recovered over patches.

        Stress: root mean square of the stress' error where the stress is highest (above its
        95th percentile). Ratio: the mean error around the peak, averaged as the ratio is.
        Displacement: the elements are too stiff by the energy of the error, so that it only
        grows, by error's energy / found energy; twice the estimate is taken, since it was found to
        be 0.78 to 0.95 of the true one on a bent bar three and five elements thick.
        """
        from physics.elasticity import stress, von_mises
        from physics.elasticity.kernels import quadrature

        mesh, material = self.model.mesh, self.model.material
        places = quadrature(10)
        smooth = at_points(mesh, recovered_strain(mesh, strain, self.volumes), places)
        raw = stress(mesh, material, strain[None])
        off = stress(mesh, material, smooth) - raw
        error = np.einsum("qmc,qmc,c->m", off, smooth - strain, _DOUBLED) / len(places)
        energy = np.einsum("mc,mc,c->m", raw[0], strain, _DOUBLED)
        grows = 1 + 2 * float((error * self.volumes).sum() / (energy * self.volumes).sum())
        size = von_mises(raw)
        top = self.counted & (size[0] >= self._percentile(size, 95.0))
        doubt = float(
            np.sqrt(np.average(np.mean(von_mises(off)[:, top] ** 2, axis=0), weights=self.volumes[top]))
        )
        strains = (material.yield_strain_tension, material.yield_strain_compression)
        pair = strain_ratios(strain, *strains)
        apart = np.mean([np.abs(strain_ratios(s, *strains) - pair) for s in smooth], axis=0)
        ratio = float(self.average.of(apart)[found.element].max())
        return [
            Headline(found.stress - doubt, found.ratio - ratio, found.displacement),
            Headline(found.stress + doubt, found.ratio + ratio, found.displacement * grows),
        ]

    def _percentile(
        self, size: NDArray, percent: float = PERCENTILE, counted: NDArray[np.bool_] | None = None
    ) -> float:
        """Return the stress below which a share of the counted volume lies; ``size`` (1, m)."""
        counted = self.counted if counted is None else counted
        kept = size[0, counted]
        order = np.argsort(kept)
        reached = np.cumsum(self.volumes[counted][order])
        at = int(np.searchsorted(reached, percent / 100 * reached[-1]))
        return float(kept[order[min(at, len(order) - 1)]])

    def _ratio(self, strain: NDArray) -> tuple[float, int, bool]:
        material = self.model.material
        pair = strain_ratios(strain, material.yield_strain_tension, material.yield_strain_compression)
        averaged = np.where(self.counted[:, None], self.average.of(pair), -1.0)
        element, mode = divmod(int(np.argmax(averaged)), 2)
        return float(averaged[element, mode]), element, mode == 0


_DOUBLED: NDArray[np.float64] = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
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
    left_out = float(measure.volumes[~measure.counted].sum() / measure.volumes.sum())
    # As a share, which holds at any body weight: the number beside it is scaled.
    more = found.stress_everywhere / found.stress if found.stress > 0 else 1.0
    beside = f"; {left_out:.0%} of the bone is left out so, with it the number would be {more:.2f} times that"
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
            f"{PERCENTILE:g} % of the volume lie below it, {away}{beside if left_out else ''}; "
            f"{_clipped(model.material)}", None,
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
        number = Number(f"{case}: {name}", value, unit, at=at, remark=remark)
        if bounds:
            number = replace(number, low=max(low, 0.0), high=high, causes=bounds)
        numbers.append(number)
    return tuple(numbers)


def _clipped(material: Material) -> str:
    return (
        f"moduli clipped at the lower limit in {material.clipped_low:.1%} and at the upper in "
        f"{material.clipped_high:.1%} of the volume"
    )

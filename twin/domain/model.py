"""A mesh with materials, supports and unit loads: what a solver or an exporter needs, all of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain.landmarks import Landmarks
from twin.domain.placed import OfStructure
from twin.domain.tetmesh import TetMesh


@dataclass(frozen=True, eq=False)
class Material:
    """Linear elastic material of every element.

    Attributes
    ----------
    young_mpa : ndarray, shape (m,)
    poisson : ndarray, shape (m,)
    yield_strain_tension, yield_strain_compression : ndarray, shape (m,)
        Positive principal yield strains (1); NaN where the notion does not apply.
    density_g_cm3 : ndarray, shape (m,), or None
        Apparent density the modulus was made from.
    source : str
        Calibration, density law and modulus law in words.
    clipped_low, clipped_high : float
        Share of volume clipped at the law's lower and upper limit (0..1).
    calibrated : bool
        False: the CT had no phantom; moduli carry the uncalibrated interval.
    """

    young_mpa: NDArray[np.float64]
    poisson: NDArray[np.float64]
    yield_strain_tension: NDArray[np.float64]
    yield_strain_compression: NDArray[np.float64]
    density_g_cm3: NDArray[np.float64] | None = None
    source: str = ""
    clipped_low: float = 0.0
    clipped_high: float = 0.0
    calibrated: bool = False


@dataclass(frozen=True, eq=False)
class Support:
    """Nodes held at zero displacement; ``held`` tells which of x, y, z (LPS)."""

    name: str
    nodes: NDArray[np.int32]
    held: tuple[bool, bool, bool] = (True, True, True)


@dataclass(frozen=True, eq=False)
class Attachment:
    """Where a load enters: nodes, shape (n,), with weights (n,) that sum to 1, and center (3,) in LPS mm."""

    name: str
    nodes: NDArray[np.int32]
    weights: NDArray[np.float64]
    center: NDArray[np.float64]
    source: str = ""


@dataclass(frozen=True, eq=False)
class UnitLoad:
    """One load at one attachment along one axis of the bone's frame.

    A solution is linear in these: a load case is a set of factors, in newtons, one a unit
    load. ``direction`` is the LPS unit vector of that axis; the nodal forces are
    ``weights[:, None] * direction`` at the attachment's nodes, 1 N in total.
    """

    name: str
    attachment: int
    direction: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Model(OfStructure):
    """A linear elastic model.

    Attributes
    ----------
    loads : tuple of UnitLoad
        Named ``"hip x"``, ``"hip y"``, ``"hip z"``, ``"abductors x"``, ...
    cases : dict of str to dict of str to float
        Load case to unit load to factor, in newtons *per newton of body weight*:
        ``{"walking": {"hip x": -0.54, ...}}``.
    omitted : tuple of str
        Loads of the cases that were left out, each with the reason.
    exclude : ndarray of bool, shape (m,), or None
        Elements near supports and load patches whose stresses do not count for the headline.
    mesh_size_mm : float
        Mean edge length.
    """

    mesh: TetMesh
    material: Material
    supports: tuple[Support, ...]
    attachments: tuple[Attachment, ...]
    loads: tuple[UnitLoad, ...]
    cases: dict[str, dict[str, float]]
    body_weight_n: float
    landmarks: Landmarks | None = None
    exclude: NDArray[np.bool_] | None = None
    omitted: tuple[str, ...] = ()
    mesh_size_mm: float = 0.0

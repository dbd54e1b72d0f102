"""The wall of a mesh that nothing was fitted to: which of its parts are stiffer, and where it is at rest."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from physics.cardiac import Held, NotConvergedError, Ventricle
from physics.cardiac.ventricle import MM3_PER_ML
from physics.circulation import Shortening
from physics.mesh_beat_steps import IMAGED
from physics.personal.imaged import Imaged
from physics.personal.klotz import klotz
from physics.personal.passive import law_of, shrunk
from physics.personal.personalize import ACROSS, LENGTHENING
from physics.personal.unloaded import Unloaded, unloaded
from twin.domain import TetMesh
from twin.errors import UserError
from twin.progress import Progress

if TYPE_CHECKING:
    from physics.mesh_beat_steps import MeshBeatParams

Array = NDArray[np.float64]

RIGHT = "right ventricle"
"""The region of its free wall."""
RIM_MM, RIM_STIFFER = 6.0, 20.0
"""How far from the base the valves' fibrous rims reach, and how many times as stiff as muscle they are.

Our judgment. Without them the base, which nothing holds as it is unloaded, folds between its orifices.
"""
UNLOADED_KPA = 5.0
"""Stiffness of a mesh that was given unloaded, where none is told."""
FILLED_MMHG = (8.0, 4.0)
"""Pressures in the left and the right ventricle that the first beat of an unloaded mesh begins near."""


@dataclass(frozen=True, eq=False)
class Wall:
    """A wall that can beat.

    Attributes
    ----------
    ventricle : Ventricle
        Its reference is the unloaded shape.
    rest : Held
        Where it begins: as imaged, or filled.
    axes : ndarray, shape (m, q, 3, 3)
        Of the reference.
    stiffness_kpa : float
    imaged_ml : ndarray, shape (c,), or None
        Volumes of the cavities as imaged; None of a mesh that was given unloaded.
    found : Unloaded, optional
        How it was unloaded.
    """

    ventricle: Ventricle
    rest: Held
    axes: Array
    stiffness_kpa: float
    imaged_ml: Array | None = None
    found: Unloaded | None = None


def wall_of(mesh: TetMesh, params: "MeshBeatParams", progress: Progress) -> Wall:
    """Return a mesh's wall, unloaded where the mesh shows it as imaged.

    Raises
    ------
    UserError
        The mesh has no fibers; the wall cannot be unloaded, or finds no rest.
    """
    if mesh.axes_inside is None or mesh.tets.shape[1] != 10:
        raise UserError(
            "This mesh has no fibers, or no nodes in the middle of its edges.",
            "Run “Lay fibers” on it first.",
        )
    if params.shape != IMAGED:
        kpa = params.stiffness_kpa or UNLOADED_KPA
        made = _ventricle(Imaged(mesh, mesh.axes_inside), kpa)
        progress(0.0, "filling the ventricles")
        return Wall(made, _filled(made), mesh.axes_inside, kpa)
    imaged = Imaged(mesh, mesh.axes_inside, stiffness=_stiffness(mesh, params.right_stiffer))
    kpa, found = _unloaded(imaged, params, progress)
    made = _ventricle(imaged, kpa, found)
    volumes = imaged.body(law_of(kpa, 1.0)).volumes(found.loaded) / MM3_PER_ML
    return Wall(made, made.resting(found.loaded), found.axes, kpa, volumes, found)


def _unloaded(imaged: Imaged, params: "MeshBeatParams", progress: Progress) -> tuple[float, Unloaded]:
    pressures = np.array([params.left_mmhg, params.right_mmhg])[: len(imaged.cavities)]
    if params.stiffness_kpa is not None:
        body = imaged.body(law_of(params.stiffness_kpa, 1.0))
        return params.stiffness_kpa, unloaded(body, imaged.axes, pressures, progress=progress)
    wanted = klotz(imaged.volume_ml, params.left_mmhg).v0_ml
    kpa, found, _ = shrunk(imaged, pressures, wanted, 1.0, progress=progress)
    return kpa, found


def _ventricle(imaged: Imaged, kpa: float, found: Unloaded | None = None) -> Ventricle:
    body = imaged.body(law_of(kpa, 1.0))
    if found is not None:
        body = body.reshaped(found.body.mesh.points, found.axes)
    shortening = Shortening(float(body.volumes_mm3.sum()) / MM3_PER_ML)
    return Ventricle(body, across=ACROSS, lengthening=LENGTHENING, shortening=shortening)


def _stiffness(mesh: TetMesh, right_stiffer: float) -> Array | None:
    """Return the factor (m,) on each element's stiffness; none of a left ventricle alone."""
    if RIGHT not in mesh.region_names:
        return None
    base = np.unique(mesh.patch("base").triangles)
    middles = mesh.points[mesh.tets[:, :4]].mean(axis=1)
    near = KDTree(mesh.points[base]).query(middles)[0] <= RIM_MM
    right = mesh.regions == mesh.region_names.index(RIGHT)
    return np.maximum(np.where(right, right_stiffer, 1.0), np.where(near, RIM_STIFFER, 1.0))


def _filled(ventricle: Ventricle) -> Held:
    try:
        return ventricle.filled(np.array(FILLED_MMHG[: len(ventricle.places)]))
    except NotConvergedError as error:
        raise UserError(
            "The ventricles find no rest as they fill: the wall is too soft, or its elements are too flat.",
            "Give more stiffness, or a finer mesh.",
        ) from error

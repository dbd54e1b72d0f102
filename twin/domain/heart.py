"""One patient's ventricle as a pump: its wall without load, its muscle, and the circulation around it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.domain.placed import OfStructure
from twin.domain.result import Number
from twin.domain.tetmesh import TetMesh


@dataclass(frozen=True, eq=False)
class Heart(OfStructure):
    """A left ventricle that can be put at any volume and tension, in a closed circulation.

    Attributes
    ----------
    mesh : TetMesh
        Ten-node, without load, with ``axes`` and ``axes_inside``.
    law : str
        Name of the muscle's law; ``constants`` are its own, in kPa where they are stresses.
    stiffness : float
        Factor on all that is passive, the springs too; what was computed on ``volumes_ml`` is at 1.
    springs : dict of str to float
        What holds the wall at its faces, by name with unit.
    imaged : ndarray, shape (n, 3)
        Where the nodes lay in the image, under ``imaged_mmhg``; there the springs are at ease.
    wall_mpa : ndarray, shape (corner nodes,)
        Hydrostatic pressures in the wall then.
    peak_kpa : float
        Largest active tension along the fibers; ``across`` is the share across them, ``lengthening`` how it
        rises with stretch (β of Land et al. 2017).
    timing : dict of str to float
        Of the tension over the beat, by name with unit.
    shortening : dict of str to float
        What the speed of shortening takes from the tension, by name with unit; none: nothing.
    circulation : dict of str to float
        Parameters and start of the circulation by dotted name, units in the names' last part.
    volumes_ml, tensions_kpa : ndarray, shapes (v,), (s,)
        Where the wall's rest was computed.
    pressures_mmhg : ndarray, shape (v, s)
        Of the cavity there; NaN where no rest was found.
    modes : ndarray, shape (k, nodes, 3), float32
        Displacements (mm) of the mesh's nodes of which those there are made up, by the shares ``amounts``
        of shape (v, s, k).
    strayed_mm : ndarray, shape (v, s)
        Mean distance of what the modes make up from what was computed.
    numbers : tuple of Number
        What was fitted, with intervals, and what it was fitted to.
    measured_phases, measured_ml : ndarray, shape (t,)
        Fractions of the cycle and volumes of the cavity that images showed.
    limits : tuple of str
        What the model leaves out; shown beside its numbers.
    member_names : tuple of str
        Which of the heart's own numbers differ in the ensemble that was fitted: "stiffness", "peak_kpa",
        "timing.rise_s", "circulation." with a name of ``circulation``.
    members : ndarray, shape (n, number of names)
        What they are in each member; none where none was kept.
    """

    mesh: TetMesh
    law: str
    constants: dict[str, float]
    peak_kpa: float
    circulation: dict[str, float]
    volumes_ml: NDArray[np.float64]
    tensions_kpa: NDArray[np.float64]
    pressures_mmhg: NDArray[np.float64]
    modes: NDArray[np.float32]
    amounts: NDArray[np.float64]
    strayed_mm: NDArray[np.float64]
    timing: dict[str, float] = field(default_factory=dict)
    shortening: dict[str, float] = field(default_factory=dict)
    numbers: tuple[Number, ...] = ()
    stiffness: float = 1.0
    springs: dict[str, float] = field(default_factory=dict)
    imaged: NDArray[np.float64] | None = None
    imaged_mmhg: float = 0.0
    wall_mpa: NDArray[np.float64] | None = None
    across: float = 0.0
    lengthening: float = 0.0
    measured_phases: NDArray[np.float64] | None = None
    measured_ml: NDArray[np.float64] | None = None
    limits: tuple[str, ...] = ()
    member_names: tuple[str, ...] = ()
    members: NDArray[np.float64] | None = None

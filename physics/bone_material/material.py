"""A mesh's material from a CT: modulus, density and yield strains of every element."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from physics.bone_material.calibration import Calibration, warnings
from physics.bone_material.laws import Conversion, bone_yield_strains, law_in, words
from resources.bone_laws import limits, modulus_laws
from twin.domain import Material, TetMesh, Volume
from twin.errors import UserError


@dataclass(frozen=True)
class Mapping:
    """How a CT becomes moduli.

    Attributes
    ----------
    law : str
        Name in ``resources.bone_laws.modulus_laws``.
    rate_per_s : float
        Strain rate, for the law that asks for it.
    surface : str
        ``maximum``, ``extend`` or ``none``: see ``mend_surface``.
    """

    calibration: Calibration
    law: str = "Morgan femoral neck"
    rate_per_s: float = 0.01
    surface: str = "maximum"


def bone_material(mesh: TetMesh, volume: Volume, mapping: Mapping) -> tuple[Material, tuple[str, ...]]:
    """Give every element the modulus that the CT says, integrated over the element.

    The modulus is averaged, not the density: each of many points in an element has its own CT
    number turned into a modulus (Taddei 2007: closer to measured strains than converting the
    element's mean density). The CT is mended at the bone's surface first.

    Parameters
    ----------
    mesh : TetMesh
    volume : Volume
        CT in HU, in the mesh's space.
    mapping : Mapping

    Returns
    -------
    Material, notes
        The notes are what makes the densities doubtful.

    Raises
    ------
    UserError
        Where the volume is no CT in HU, or does not hold the mesh.
    """
    from physics.bone_material.integrate import element_moduli, tetrahedron_points
    from physics.bone_material.surface import mend_surface
    from physics.results_average import element_volumes

    grid, affine = _crop(mesh, volume)
    outer = [p.triangles for p in mesh.patches if p.name == "outer"]
    mended = mend_surface(grid, affine, mesh.points, outer[0], mapping.surface) if outer else grid
    to_index = np.linalg.inv(affine)
    index = mesh.points @ to_index[:3, :3].T + to_index[:3, 3]
    corners = np.ascontiguousarray(mesh.tets[:, :4])
    law = modulus_laws()[mapping.law]
    conversion = Conversion.of(mapping.calibration, law, mapping.rate_per_s)
    young, density = element_moduli(
        mended, index, corners, *tetrahedron_points(_fineness(mesh, volume)), conversion.slope,
        conversion.offset, conversion.cap, conversion.coefficient, conversion.exponent,
    )  # fmt: skip
    apparent = density * conversion.to_apparent
    share = element_volumes(mesh)
    held = limits()
    tension, compression = bone_yield_strains(apparent)
    mended_words = {
        "maximum": "largest CT number within one voxel below the surface",
        "extend": "CT number one voxel below the surface",
        "none": "CT numbers at the surface as they are",
    }[mapping.surface]
    material = Material(
        young_mpa=np.clip(young, held.young_low_mpa, held.young_high_mpa),
        poisson=np.full(len(young), held.poisson),
        yield_strain_tension=tension,
        yield_strain_compression=compression,
        density_g_cm3=apparent,
        source=f"{mapping.calibration.words}; {words(law, mapping.rate_per_s)}; "
        f"modulus averaged over each element; {mended_words}",
        clipped_low=float(share[young < held.young_low_mpa].sum() / share.sum()),
        clipped_high=float(share[young > held.young_high_mpa].sum() / share.sum()),
        calibrated=mapping.calibration.with_phantom,
    )
    return material, warnings(volume, float(grid.max()))


def rescaled(material: Material, density_factor: float) -> Material | None:
    """Return the material with every density times a factor, or None where no bone law made it.

    By a power law that is the modulus times the factor to the law's exponent, within the
    limits: 0.8 and 1.2 make −28 % and +31 % of Morgan's femoral neck.
    """
    law = law_in(material.source)
    if law is None or material.density_g_cm3 is None:
        return None
    held = limits()
    young = material.young_mpa * density_factor**law.exponent
    return replace(
        material,
        young_mpa=np.clip(young, held.young_low_mpa, held.young_high_mpa),
        density_g_cm3=material.density_g_cm3 * density_factor,
    )


def _crop(mesh: TetMesh, volume: Volume) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the CT numbers around the mesh and their affine."""
    if volume.modality != "CT" or volume.unit != "HU":
        raise UserError(
            f"Bone moduli come from a CT in HU; this volume is {volume.modality or 'of no modality'}"
            f" in {volume.unit or 'no unit'}.",
            "Choose the CT that the bone was segmented from.",
        )
    if volume.voxels.ndim != 3:
        raise UserError("This CT has several time points.", "Choose a CT of one time.")
    to_index = np.linalg.inv(volume.affine)
    index = mesh.points @ to_index[:3, :3].T + to_index[:3, 3]
    size = np.array(volume.shape[::-1])
    outside = np.any((index < -1.5) | (index > size + 0.5), axis=1)
    if outside.any():
        place = mesh.points[np.argmax(outside)]
        raise UserError(
            f"{outside.mean():.0%} of the mesh lie outside of the CT, as at "
            f"({place[0]:.0f}, {place[1]:.0f}, {place[2]:.0f}) mm.",
            "Choose the CT that the bone was segmented from.",
        )
    low = np.maximum(np.floor(index.min(axis=0)).astype(int) - 4, 0)
    high = np.minimum(np.ceil(index.max(axis=0)).astype(int) + 5, size)
    part = volume.voxels[low[2] : high[2], low[1] : high[1], low[0] : high[0]]
    grid = (part * np.float32(volume.slope) + np.float32(volume.intercept)).astype(np.float32)
    affine = volume.affine.copy()
    affine[:3, 3] = volume.affine[:3, :3] @ low + volume.affine[:3, 3]
    if not np.isfinite(grid).all():
        raise UserError("The CT holds values that are not numbers around the bone.", "Import it again.")
    return np.ascontiguousarray(grid), affine


def _fineness(mesh: TetMesh, volume: Volume) -> int:
    """Return how many points along an edge lie some two thirds of a voxel apart."""
    from physics.results_average import element_volumes

    edge = float(np.mean(element_volumes(mesh)) * 6 * np.sqrt(2)) ** (1 / 3)
    return int(np.clip(np.ceil(edge / (0.67 * float(volume.spacing_mm.min()))), 2, 8))

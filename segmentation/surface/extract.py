"""A smooth, closed, outward surface of one structure, its cut by the image's border marked."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segmentation.surface.boxtree import BoxTree
from segmentation.surface.composed import well_composed
from segmentation.surface.nets import LATERAL, Net, surface_net
from segmentation.surface.smoothing import fair, point_sheets
from segmentation.surface.topology import area_mm2, crowded_points, edges, pieces, volume_mm3
from twin.domain import LabelMap, Structure, Surface
from twin.errors import GeometryError, UserError
from twin.progress import Progress
from twin.steps import Made

if TYPE_CHECKING:
    from segmentation.surface.steps import SurfaceParams

_ROUNDS = 200
_BOUND = 0.49


def extract(labels: LabelMap, params: "SurfaceParams", progress: Progress) -> Made:
    """Return the surface of the labelmap's one structure, with its summary.

    Raises
    ------
    UserError
        Where the labelmap holds several structures, or the structure has no voxels.
    """
    structure = _only(labels)
    mask = labels.mask(structure.name)
    if not mask.any():
        raise GeometryError(
            f"“{structure.name}” has no voxels, so it has no surface.", "Segment it again, or choose another."
        )
    notes: list[str] = []
    if params.keep == "largest":
        mask = _largest(mask)
    progress(0.05, "Looking at the voxels")
    crop, cut_sides, origin = _crop(mask)
    composed, turned = well_composed(crop)
    if turned:
        many = "One voxel" if turned == 1 else f"{turned} voxels"
        notes.append(f"{many} that touched only along an edge or at a corner: resolved.")
    progress(0.2, "Laying the net")
    net = surface_net(composed, cut_sides)
    progress(0.35, "Smoothing")
    points = net.points
    if params.smooth_voxels > 0:
        alpha = (2.0 * np.pi / params.smooth_voxels) ** 4
        points = fair(net, alpha, _BOUND, _ROUNDS)
    index_volume = float(np.count_nonzero(crop))
    points, triangles = _keep_volume(net, points, index_volume)
    cut = np.repeat(net.sheets != LATERAL, 2)
    linear = labels.affine[:3, :3]
    lps = (points + origin) @ linear.T + labels.affine[:3, 3]
    if np.linalg.det(linear) < 0.0:
        triangles = triangles[:, ::-1].copy()
    if cut.any():
        sides = ", ".join(
            name for name, there in zip(("−i", "+i", "−j", "+j", "−k", "+k"), cut_sides, strict=True) if there
        )
        notes.append(
            f"The image's border ({sides}) cuts the structure off; the surface is closed flat there."
        )
    surface = Surface(
        points=lps,
        triangles=triangles.astype(np.int32),
        cut=cut if cut.any() else None,
        structure=structure.name,
        term=structure.term,
        side=structure.side,
        color=structure.color,
        frame_of_reference=labels.frame_of_reference,
        identity=labels.identity,
        notes=tuple(notes),
    )
    progress(0.7, "Measuring")
    crossings = (_crossings(net) + origin) @ linear.T + labels.affine[:3, 3]
    volume = index_volume * abs(float(np.linalg.det(linear)))
    summary = _measure(surface, volume, crossings) | {"turned_voxels": turned}
    progress(1.0, "Surface made")
    return Made({"surface": surface}, summary, {"surface": f"{structure.name} surface"})


def _only(labels: LabelMap) -> Structure:
    if len(labels.structures) == 1:
        return labels.structures[0]
    if not labels.structures:
        raise UserError("This labelmap holds no structure.", "Segment something first.")
    names = ", ".join(f"“{s.name}”" for s in labels.structures)
    raise UserError(
        f"A surface is made of one structure, and this labelmap holds {len(labels.structures)}: {names}.",
        f"Name one, as in “bones/{labels.structures[0].name}”.",
    )


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy.ndimage import label

    numbered, count = label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(numbered.ravel())
    sizes[0] = 0
    largest: NDArray[np.bool_] = numbered == sizes.argmax()
    return largest


def _crop(mask: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]:
    """Return the mask's bounding box with a rim, which sides the image cuts, and (i, j, k) of its corner."""
    spans, pads, cuts, origin = [], [], [], []
    for axis in range(3):
        there = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        low, high = int(there[0]), int(there[-1])
        cut = (low == 0, high == mask.shape[axis] - 1)
        spans.append(slice(low, high + 1))
        # One layer stands for what lies beyond the image; two leave room for turned voxels.
        pads.append((1 if cut[0] else 2, 1 if cut[1] else 2))
        cuts.append(cut)
        origin.append(low - pads[-1][0])
    sides = np.array([side for cut in reversed(cuts) for side in cut])
    return np.pad(mask[tuple(spans)], pads), sides, np.array(origin[::-1], float)


def _split(quads: NDArray[np.int32], points: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return two triangles for each quad, one after the other, along its shorter diagonal."""
    first = np.linalg.norm(points[quads[:, 0]] - points[quads[:, 2]], axis=1)
    second = np.linalg.norm(points[quads[:, 1]] - points[quads[:, 3]], axis=1)
    along_first = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], axis=1)
    along_second = np.concatenate([quads[:, [1, 2, 3]], quads[:, [1, 3, 0]]], axis=1)
    return np.where((first <= second)[:, None], along_first, along_second).reshape(-1, 3)


def _keep_volume(
    net: Net, points: NDArray[np.float64], volume: float
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the points moved along their normals until the volume is the label's, and triangles."""
    triangles = _split(net.quads, points)
    bits = point_sheets(net)
    for _ in range(3):
        a, b, c = (points[triangles[:, n]] for n in range(3))
        area_normals = 0.5 * np.cross(b - a, c - a)
        lateral = np.repeat(net.sheets == LATERAL, 2)
        normal = np.zeros_like(points)
        for n in range(3):
            np.add.at(normal, triangles[lateral, n], area_normals[lateral])
        for side in range(6):  # rims move within their cut's plane
            normal[(bits >> (side + 1)) & 1 == 1, side // 2] = 0.0
        length = np.linalg.norm(normal, axis=1, keepdims=True)
        normal /= np.where(length > 0.0, length, 1.0)
        # What moving every point by one voxel would gain.
        mean = (normal[triangles[:, 0]] + normal[triangles[:, 1]] + normal[triangles[:, 2]]) / 3.0
        gain = float(np.einsum("ij,ij->", area_normals, mean))
        missing = volume - volume_mm3(points, triangles)
        if gain <= 0.0:
            break
        points = points + np.clip(missing / gain, -0.2, 0.2) * normal
    return points, triangles


def _crossings(net: Net) -> NDArray[np.float64]:
    """Return the middles of the voxel faces between inside and outside, without cuts, shape (f, 3)."""
    return net.centers[net.quads[net.sheets == LATERAL]].mean(axis=1)


def _measure(surface: Surface, label_volume_mm3: float, crossings: NDArray[np.float64]) -> dict[str, Any]:
    points, triangles = surface.points, surface.triangles
    found = edges(triangles)
    volume = volume_mm3(points, triangles)
    tree = BoxTree(points, triangles)
    distance = tree.closest(crossings)[2] if len(crossings) else np.zeros(1)
    return {
        "points": len(points),
        "triangles": len(triangles),
        "pieces": int(pieces(triangles).max()) + 1,
        "area_mm2": area_mm2(points, triangles),
        "volume_ml": volume / 1000.0,
        "volume_error_percent": 100.0 * (volume / label_volume_mm3 - 1.0),
        "distance_to_label_mean_mm": float(distance.mean()),
        "distance_to_label_max_mm": float(distance.max()),
        "open_edges": len(found.open),
        "non_manifold_edges": len(found.crowded),
        "non_manifold_points": len(crowded_points(triangles, len(points))),
        "self_intersections": len(tree.self_intersections()),
        "cut_triangles": 0 if surface.cut is None else int(surface.cut.sum()),
    }

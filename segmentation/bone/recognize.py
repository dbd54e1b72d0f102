"""Which bone is which, told by shape and by what lies beside it; what is not sure stays "bone".

All lengths are in mm and all points in LPS (+x left, +y posterior, +z up).
"""

from dataclasses import dataclass, field
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.bone import kernels
from segmentation.bone.tissue import blocks_of, pooled


@dataclass
class Bone:
    """One labeled bone, where it lies, and what it was recognized as.

    ``head`` and ``head_radius`` are a femur's; ``medial`` is the x that its head is off its shaft.
    """

    label: int
    box: tuple[slice, slice, slice]
    volume_ml: float
    center: NDArray[np.float64]
    term: str = "bone"
    head: NDArray[np.float64] | None = None
    head_radius: float = 0.0
    medial: float = 0.0


@dataclass(frozen=True)
class Scene:
    """All bones on their grid."""

    labels: NDArray[np.uint16]
    hu: NDArray[np.float32]
    affine: NDArray[np.float64]
    spacing: NDArray[np.float64]
    bones: list[Bone] = field(default_factory=list)

    def lps(self, kji: NDArray) -> NDArray[np.float64]:
        """Return LPS mm of voxel indices, shape (n, 3) in order k, j, i."""
        points: NDArray[np.float64] = kji[:, ::-1] @ self.affine[:3, :3].T + self.affine[:3, 3]
        return points

    def index(self, lps: NDArray) -> NDArray[np.float64]:
        """Return voxel indices k, j, i of LPS points, shape (n, 3)."""
        inverse = np.linalg.inv(self.affine)
        ijk: NDArray[np.float64] = lps @ inverse[:3, :3].T + inverse[:3, 3]
        return ijk[:, ::-1]

    @property
    def axes(self) -> tuple[int, int, int]:
        """The array axes that run nearest to z, y and x; each of the three once."""
        along = np.abs(self.affine[:3, :3] / np.linalg.norm(self.affine[:3, :3], axis=0))[::-1, ::-1]
        k, j, i = max(permutations((0, 1, 2)), key=lambda axes: float(along[range(3), axes].sum()))
        return k, j, i

    def upright(self, array: NDArray) -> tuple[NDArray, NDArray[np.float64]]:
        """Return a view of an array on this grid with z, y, x rising along its axes, and its spacing."""
        down = [self.affine[2 - n, 2 - axis] < 0 for n, axis in enumerate(self.axes)]
        turned = array.transpose(self.axes)[tuple(slice(None, None, -1 if d else 1) for d in down)]
        return turned, self.spacing[list(self.axes)]


def recognize(scene: Scene, soft_hu: float) -> None:
    """Set each bone's term, by its shape and place and the HU of soft tissue.

    It is skull, femur, hip bone, pelvis, sacrum, vertebra, spine, or "bone" where nothing is sure.
    """
    for bone in scene.bones:
        if bone.volume_ml >= 60 and has_brain(
            scene.labels[bone.box] == bone.label, scene.hu[bone.box], scene.spacing
        ):
            bone.term = "skull"
    for bone in scene.bones:
        if bone.term == "bone" and 25 <= bone.volume_ml <= 1000:
            _try_femur(bone, scene)
    _hip_bones(scene)
    _sacrum(scene)
    for bone in scene.bones:
        if bone.term == "bone" and 4 <= bone.volume_ml <= 1500:
            bone.term = _column(bone, scene, soft_hu)


def has_brain(mask: NDArray[np.bool_], hu: NDArray[np.float32], spacing: NDArray[np.float64]) -> bool:
    """Tell whether a bone walls off, on five of six sides, a wide room of soft tissue."""
    factors = blocks_of(spacing, 4.0)
    size = spacing * factors
    wall = pooled(mask, factors) > 0.2
    walled = np.zeros(wall.shape, np.int8)
    for axis in range(3):
        walled += np.maximum.accumulate(wall, axis)
        walled += np.flip(np.maximum.accumulate(np.flip(wall, axis), axis), axis)
    rooms, count = ndimage.label((walled >= 5) & ~wall)
    if count == 0:
        return False
    sizes = np.bincount(rooms.ravel())[1:] * float(np.prod(size)) / 1000
    room = rooms == 1 + int(np.argmax(sizes))
    content = float(np.median(pooled(hu, factors)[room]))
    # The image's border is no wall: a head scanned in part is as wide as it is.
    wide = float(kernels.depth_mm(room, size).max())
    return bool(sizes.max() > 150 and wide > 20 and -10 < content < 90)


def _surface(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return mask & ~ndimage.binary_erosion(mask, border_value=1)


def _try_femur(bone: Bone, scene: Scene) -> None:
    """Recognize a femur: a solid ball, mostly free, 25 to 75 mm beside the axis of a long rest."""
    mask = np.pad(scene.labels[bone.box] == bone.label, 1)
    start = np.array([s.start - 1 for s in bone.box])
    # Where the border cuts the bone the padding is no wall.
    depth = kernels.depth_mm(mask, scene.spacing)
    reach = np.maximum(np.round(8.0 / scene.spacing), 1).astype(int)
    peaks = (depth == ndimage.maximum_filter(depth, size=2 * reach + 1)) & (depth > 12) & (depth < 36)
    surface = scene.lps(np.argwhere(_surface(mask)) + start)
    step = max(1, int(mask.sum() / 40000))
    voxels = scene.lps(np.argwhere(mask)[::step] + start)
    best = None
    for kji in np.argwhere(peaks):
        fit = _ball(scene.lps((kji + start)[None])[0], float(depth[tuple(kji)]), surface, scene)
        if fit is None:
            continue
        center, radius = fit
        share = _free_share(mask, start, center, radius, scene)
        if share < 0.6 or not _is_solid(mask, start, center, radius, scene):
            continue
        away = np.linalg.norm(voxels - center, axis=1)
        rest = voxels[away > 2.2 * radius]
        if len(rest) < 50 or away.max() < 3.2 * radius:
            continue
        middle = rest.mean(axis=0)
        _, size, axes = np.linalg.svd(rest - middle, full_matrices=False)
        axis = axes[0]
        off = center - middle - ((center - middle) @ axis) * axis
        long = size[0] > 1.5 * size[1]
        if long and 25 <= np.linalg.norm(off) <= 75 and (best is None or share > best[2]):
            best = (center, radius, share, float(off[0]))
    if best is not None:
        bone.term, bone.head, bone.head_radius, bone.medial = "femur", best[0], best[1], best[3]


def _ball(
    center: NDArray[np.float64], radius: float, surface: NDArray[np.float64], scene: Scene
) -> tuple[NDArray[np.float64], float] | None:
    """Fit a ball to the surface around a point: center and radius, if it is of a head's size."""
    voxel = float(scene.spacing.max())
    for width in (0.3, 0.15, 0.08, 0.08):
        distance = np.linalg.norm(surface - center, axis=1)
        near = surface[np.abs(distance - radius) < width * radius + 0.6 * voxel]
        if len(near) < 50:
            return None
        # |p|² = 2 c·p + (r² − |c|²), linear in c and the constant.
        system = np.c_[2 * (near - center), np.ones(len(near))]
        x = np.linalg.lstsq(system, ((near - center) ** 2).sum(axis=1), rcond=None)[0]
        center = center + x[:3]
        radius = float(np.sqrt(max(x[3] + x[:3] @ x[:3], 0)))
        if not 18 <= radius <= 29:
            return None
    return center, radius


def _is_bone(mask: NDArray, start: NDArray, points: NDArray, scene: Scene) -> NDArray[np.bool_]:
    """Tell which LPS points lie in a padded mask that begins at the scene's voxel ``start``."""
    at = np.clip(np.round(scene.index(points) - start).astype(int), 0, np.array(mask.shape) - 1)
    return np.asarray(mask[tuple(at.T)])


def _is_solid(mask: NDArray, start: NDArray, center: NDArray, radius: float, scene: Scene) -> bool:
    """Tell whether a ball is full of bone, but for a pore; the outside of a socket is hollow."""
    rays = _directions(100)
    inner = np.concatenate([center + share * radius * rays for share in (0.1, 0.3, 0.5, 0.7)])
    return bool(_is_bone(mask, start, inner, scene).mean() > 0.9)


def _free_share(mask: NDArray, start: NDArray, center: NDArray, radius: float, scene: Scene) -> float:
    """Return how much of a ball's surface (0..1) is the bone's own: bone just inside, none just outside."""
    rays = _directions(400)
    step = 1.0 + 0.5 * float(scene.spacing.max())
    inside, outside = (
        _is_bone(mask, start, center + r * rays, scene) for r in (radius - step, radius + step)
    )
    return float((inside & ~outside).mean())


def _directions(count: int) -> NDArray[np.float64]:
    """Return unit vectors spread evenly over the sphere (Fibonacci)."""
    n = np.arange(count) + 0.5
    z = 1 - 2 * n / count
    turn = np.pi * (1 + np.sqrt(5)) * n
    return np.c_[np.sqrt(1 - z * z) * np.cos(turn), np.sqrt(1 - z * z) * np.sin(turn), z]


def _hip_bones(scene: Scene) -> None:
    """Name the bones whose sockets hold femoral heads; one that holds two is the whole pelvis."""
    sockets: dict[int, int] = {}
    rays = _directions(600)
    for femur in [b for b in scene.bones if b.term == "femur"]:
        assert femur.head is not None
        first = np.zeros(len(rays), np.int64)
        for r in np.arange(femur.head_radius, femur.head_radius + 10, 0.5 * scene.spacing.min()):
            kji = np.round(scene.index(femur.head + r * rays)).astype(int)
            valid = ((kji >= 0) & (kji < scene.labels.shape)).all(axis=1)
            seen = np.zeros(len(rays), np.int64)
            seen[valid] = scene.labels[tuple(kji[valid].T)]
            seen[seen == femur.label] = 0
            first = np.where(first == 0, seen, first)
        hits = np.bincount(first)
        hits[0] = 0
        if hits.max() > 0.2 * len(rays):
            label = int(np.argmax(hits))
            sockets[label] = sockets.get(label, 0) + 1
    for bone in scene.bones:
        if bone.label in sockets and bone.term == "bone":
            bone.term = "hip bone" if sockets[bone.label] == 1 else "pelvis"


def _sacrum(scene: Scene) -> None:
    """Name the bone that lies between two hip bones, near to both and above their sockets."""
    hips = [b for b in scene.bones if b.term == "hip bone"]
    heads = [b.head for b in scene.bones if b.head is not None]
    if len(hips) != 2 or not heads:
        return
    low, high = sorted(b.center[0] for b in hips)
    middle, quarter = (low + high) / 2, (high - low) / 4
    found = []
    for bone in scene.bones:
        if bone.term != "bone" or bone.volume_ml < 25 or abs(bone.center[0] - middle) > quarter:
            continue
        if bone.center[2] > max(h[2] for h in heads) and all(_gap_mm(bone, h, scene) < 10 for h in hips):
            found.append(bone)
    if found:
        min(found, key=lambda b: float(b.center[2])).term = "sacrum"


def _gap_mm(one: Bone, other: Bone, scene: Scene) -> float:
    """Return the least distance of two bones, to a millimeter or so."""
    from scipy.spatial import cKDTree

    points = []
    for bone in (one, other):
        surface = np.argwhere(_surface(np.pad(scene.labels[bone.box] == bone.label, 1)))
        some = surface[:: max(1, len(surface) // 20000)] + [s.start - 1 for s in bone.box]
        points.append(scene.lps(some))
    return float(cKDTree(points[0]).query(points[1])[0].min())


def _column(bone: Bone, scene: Scene, soft_hu: float) -> str:
    """Tell a vertebra, or a longer piece of the spine, by its canal; "bone" where there is none.

    A slice across the patient shows the canal as a hole of 80 to 800 mm² in the bone, with cord,
    fluid and a little fat in it, behind 15 mm and more of vertebral body. A long bone's marrow has
    a thin wall in front, a skull's or a pelvis' slices are wide.
    """
    mask, size = scene.upright(scene.labels[bone.box] == bone.label)
    hu, _ = scene.upright(scene.hu[bone.box])
    area = float(size[1] * size[2])
    canal, widths = np.zeros(len(mask), bool), []
    for n, cut in enumerate(mask):
        widths.append(np.ptp(np.flatnonzero(cut.any(axis=0))) * size[2] if cut.any() else 0.0)
        holes, count = ndimage.label(ndimage.binary_fill_holes(cut) & ~cut)
        if not count:
            continue
        hole = holes == 1 + int(np.argmax(np.bincount(holes.ravel())[1:]))
        y, x = (int(c) for c in ndimage.center_of_mass(hole))
        front = cut[:y, x].sum() * size[1]
        content = float(np.median(hu[n][hole]))
        canal[n] = 80 <= hole.sum() * area <= 800 and front >= 15 and -60 <= content <= soft_hu + 60
    height = len(mask) * size[0]
    if canal.sum() * size[0] < 4 or np.median(widths) > 120:
        return "bone"
    low, high = bone.box[scene.axes[0]].start, bone.box[scene.axes[0]].stop
    cut_off_at_both_ends = low == 0 and high == scene.labels.shape[scene.axes[0]]
    return "spine" if height > 75 or cut_off_at_both_ends else "vertebra"

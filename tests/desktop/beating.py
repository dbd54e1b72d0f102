"""Steps that make what beats: a motion, a heart and a result in time, all of known shape and size."""

from dataclasses import dataclass, replace

import numpy as np

from tests.desktop.made import WHO
from tests.physics.cardiac.test_chart import CHART
from tests.viewers.phantoms import box_mesh, sphere
from twin.domain import (
    Curve,
    Field,
    Heart,
    LabelMap,
    Motion,
    MovingSurface,
    Number,
    Outline,
    Result,
    Structure,
    TetMesh,
    Volume,
)
from twin.params import param
from twin.progress import Progress
from twin.steps import Made, step

CENTER = (24.0, 24.0, 16.0)
"""Middle of the test's cine, LPS mm; and on one of its axial slices."""
RADII_MM = np.array([12.0, 9.0, 6.0, 9.0, 11.0])
OUTER_MM = 15.0
CYCLE_S = 0.8
HELD = {"structure": "left ventricle", "term": "left ventricle", "frame_of_reference": "1.9", "identity": WHO}
LIMITS = ("The base is held fast.",)


@dataclass(frozen=True)
class MotionParams:
    slow: bool = param(False, help="A cycle of two seconds.")


@step("test.motion", version=1, title="Make a motion", quick=True)
def motion(params: MotionParams, progress: Progress) -> Made:
    """Make a ball in a ball that shrinks to half its radius and grows again, as a cavity in its wall."""
    ball = sphere(1.0, (0, 0, 0), rings=16)

    def moving(name: str, radii: np.ndarray) -> MovingSurface:
        points = np.array(CENTER) + radii[:, None, None] * ball.points
        return MovingSurface(name, points.astype(np.float32), ball.triangles)

    cavity = 4 / 3 * np.pi * RADII_MM**3 / 1000
    around = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = np.stack([np.cos(around), np.sin(around), np.zeros(60)], axis=1)
    found = tuple(
        Outline(
            "right cavity",
            "short axis",
            n,
            (CENTER + 20 * circle).astype(np.float32),
            True,
        )
        for n in (0, 2)
    )
    made = Motion(
        (moving("endocardium", RADII_MM), moving("epicardium", np.full(5, OUTER_MM))),
        np.arange(5) / 5, 2.0 if params.slow else CYCLE_S, cavity, np.full(5, 14.137) - cavity, 0, 2,
        (
            Number("end-diastolic volume", float(cavity[0]), "mL", remark="Of two balls."),
            Number("ejection fraction", 87.5, "%"),
        ),
        found, **HELD,
    )  # fmt: skip
    return Made({"motion": made}, {}, {"motion": "left ventricle"})


def wall() -> TetMesh:
    """Return a small block with fibers along x, in two regions."""
    mesh = box_mesh((3, 3, 3), 40.0)
    axes = np.tile(np.eye(3), (len(mesh.tets), 1, 1))
    halves = (np.arange(len(mesh.tets)) % 2).astype(np.int32)
    return replace(mesh, regions=halves, region_names=("basal anterior", "apex"), axes=axes, **HELD)


@dataclass(frozen=True)
class HeartParams:
    peak_kpa: float = param(1.0, help="Peak tension.")


@step("test.heart", version=1, title="Make a heart", quick=True)
def heart(params: HeartParams, progress: Progress) -> Made:
    """Make the published circulation's ventricle, a block as long as its volume's cube root."""
    from physics.cardiac import reduced_of, settled, tension_of
    from physics.circulation import REGAZZONI_2020
    from physics.circulation.flat import numbers_of

    mesh = wall()
    grown = (mesh.points - mesh.points.mean(axis=0)) * [1.0, 0.0, 0.0]
    shapes = [[grown * (np.cbrt(v / 100) - 1) for _t in CHART.tensions_kpa] for v in CHART.volumes_ml]
    reduced = reduced_of(replace(CHART, displacements_mm=np.array(shapes, np.float32)))
    start = settled(CHART, REGAZZONI_2020, tension_of(REGAZZONI_2020, 1.0))
    made = Heart(
        mesh, "guccione", {"c_kpa": 0.9}, params.peak_kpa, numbers_of(start), reduced.volumes_ml,
        reduced.tensions_kpa, reduced.pressures_mmhg, reduced.modes, reduced.amounts, reduced.strayed_mm,
        numbers=(Number("peak tension", 1.0, "kPa", 0.9, 1.1, remark="fitted"),),
        member_names=("stiffness", "peak_kpa"), members=np.array([[1.0, 0.94], [1.0, 0.97], [1.0, 1.0]]),
        measured_phases=np.arange(4) / 4, measured_ml=np.array([140.0, 90.0, 66.0, 110.0]), limits=LIMITS,
        **HELD,
    )  # fmt: skip
    return Made({"heart": made}, {}, {"heart": "heart"})


@step("test.conducting", version=1, title="Make a wall that conducts", quick=True)
def conducting(progress: Progress) -> Made:
    """Make the healthy adult's circulation with a ventricle's wall: it has fibers, segments and a septum."""
    from tests.physics.whatif.made import walled_heart

    return Made({"heart": replace(walled_heart(), **HELD)}, {}, {"heart": "heart"})


@step("test.beat", version=1, title="Make a beat", quick=True)
def whole_beat(progress: Progress) -> Made:
    """Make a result in time: the block, stretched along x by up to a fifth, with a volume and a pressure."""
    mesh = wall()
    share = np.arange(8) / 8
    grown = (mesh.points - mesh.points.mean(axis=0)) * [1.0, 0.0, 0.0]
    stretch = 0.1 * (1 - np.cos(2 * np.pi * share))
    moved = stretch[:, None, None] * grown
    times = CYCLE_S * share
    made = Result(
        mesh,
        (
            Field("displacement", "mm", "node", moved.astype(np.float32)),
            Field("fiber stretch", "1", "element", np.tile(1 + stretch[:, None], (1, len(mesh.tets)))),
        ),
        (Number("ejection fraction", 50.0, "%"),),
        times_s=times,
        limits=LIMITS,
        solver="made up",
        curves=(
            Curve("left ventricle volume", "mL", times, 100 + 40 * np.cos(2 * np.pi * share)),
            Curve("left ventricle pressure", "mmHg", times, 60 - 50 * np.cos(2 * np.pi * share)),
        ),
        **HELD,
    )  # fmt: skip
    return Made({"result": made}, {}, {"result": "beat"})


@step("test.both", version=1, title="Make a beat of both", quick=True)
def beat_of_both(progress: Progress) -> Made:
    """Make the same of both ventricles: the right one 20 mL larger and at a fifth of the pressure."""
    one = whole_beat(progress).outputs["result"]
    assert isinstance(one, Result)
    volume, pressure = one.curves
    right = (
        replace(volume, name="right ventricle volume", values=volume.values + 20.0),
        replace(pressure, name="right ventricle pressure", values=0.2 * pressure.values),
    )
    numbers = (*one.numbers, Number("right ventricle, ejection fraction", 44.0, "%"))
    return Made(
        {"result": replace(one, curves=(*one.curves, *right), numbers=numbers)}, {}, {"result": "beat"}
    )


@step(
    "test.find",
    version=1,
    title="Find a heart",
    makes=("motion",),
    fits={"cines": lambda t: len(t["voxels"]["shape"]) == 4},
)
def find(cines: tuple[Volume, ...], params: MotionParams, progress: Progress) -> Made:
    """Find the ball in the ball in any number of cines."""
    made = motion(params, progress)
    return replace(made, summary={"cines": len(cines)})


@step("test.ventricle", version=1, title="Mesh a motion", makes=("mesh",))
def ventricle(motion: Motion, scar: LabelMap | None, progress: Progress) -> Made:
    """Make the block in place of a wall, scar or not."""
    return Made({"mesh": wall()}, {"elements": len(wall().tets)}, {"mesh": "ventricle mesh"})


@step("test.fit", version=1, title="Fit", makes=("heart",), fits={"mesh": lambda t: t["axes"] is not None})
def fit(mesh: TetMesh, motion: Motion, params: HeartParams, progress: Progress) -> Made:
    """Make the heart as it is."""
    return heart(params, progress)


@dataclass(frozen=True)
class BeatParams:
    preload_ml: float = param(0.0, help="Blood more.", title="Preload", unit="mL", low=-500.0)
    resistance_percent: float = param(100.0, help="Afterload.")
    contractility_percent: float = param(100.0, help="Contractility.")
    stiffness_percent: float = param(100.0, help="Stiffness.")
    rate_per_min: float = param(75.0, help="Rate.")


@step("test.coupled", version=1, title="Beat a mesh", quick=True)
def coupled(progress: Progress) -> Made:
    """Make the beat as one of a circulation, of no heart that was fitted."""
    made = whole_beat(progress).outputs["result"]
    assert isinstance(made, Result)
    return Made(
        {"result": replace(made, solver="made up, coupled to the circulation")}, {}, {"result": "beat"}
    )


@step("test.full", version=1, title="Solve the beat", makes=("result",))
def full(heart: Heart, params: BeatParams, progress: Progress) -> Made:
    """Make the beat as it is, and tell what it was asked for."""
    return replace(coupled(progress), summary={"preload_ml": params.preload_ml})


@dataclass(frozen=True)
class FittedParams:
    ejection_percent: float = param(50.0, help="What the beat tells.")
    study: str = param("1.2.3", help="Study UID.")
    date: str = param("2026-01-05", help="Date of the study.")


@step("test.fitted", version=1, title="Fit a heart", quick=True)
def fitted(params: FittedParams, progress: Progress) -> Made:
    """Make a heart with the beat of its fit, which is held against its images, of a study of its own."""
    who = replace(WHO, study_uid=params.study, study_date=params.date)
    whole = coupled(progress).outputs["result"]
    assert isinstance(whole, Result)
    numbers = (
        Number("ejection fraction", params.ejection_percent, "%"),
        Number("ejection fraction, imaged", 51.0, "%", remark="The fitted beat is −1.0 points off."),
    )
    held = heart(HeartParams(), progress).outputs["heart"]
    assert isinstance(held, Heart)
    beat = replace(whole, numbers=numbers, identity=who)
    return Made(
        {"heart": replace(held, identity=who), "beat": beat},
        {},
        {"heart": "heart", "beat": "beat, as fitted"},
    )


@dataclass(frozen=True)
class LateParams:
    """What a series says of itself."""

    description: str = param("LGE short axis", help="Series description.")


@step("test.late", version=1, title="Make a late series", quick=True)
def late(params: LateParams, progress: Progress) -> Made:
    """Make a still MR stack over the motion."""
    voxels = np.arange(8 * 48 * 48, dtype=np.int16).reshape(8, 48, 48)
    affine = np.diag([1.0, 1.0, 4.0, 1.0])
    who = replace(WHO, series_description=params.description)
    made = Volume(voxels, affine, "MR", frame_of_reference="1.9", identity=who)
    return Made({"volume": made}, {}, {"volume": "late series"})


@step("test.scar", version=1, title="Make scar", quick=True)
def scar(late: Volume, motion: Motion, progress: Progress) -> Made:
    """Make labels of scar, of the muscle beside it, and of what somebody has painted."""
    labels = np.zeros(late.shape, np.uint8)
    labels[3, 10:20, 10:20], labels[4, 10:20, 10:20], labels[5, 10:20, 10:20] = 1, 2, 3
    structures = (Structure("scar", 1, "scar"), Structure("living muscle", 2), Structure("painted", 3))
    made = LabelMap(labels, late.affine, structures, frame_of_reference="1.9", identity=WHO)
    return Made({"scar": made}, {"scar_g": 12.5})


@step("test.bare", version=1, title="Make a block", quick=True)
def bare(progress: Progress) -> Made:
    """Make the block without fibers."""
    return Made({"mesh": replace(wall(), axes=None)}, {}, {"mesh": "block"})


@step("test.inside", version=1, title="Make a ventricle", quick=True)
def inside(progress: Progress) -> Made:
    """Make the block with fibers inside its elements too."""
    mesh = wall()
    assert mesh.axes is not None
    return Made({"mesh": replace(mesh, axes_inside=np.repeat(mesh.axes[:, None], 4, axis=1))}, {})

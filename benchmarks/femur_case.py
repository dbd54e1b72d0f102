"""A femur-like body for the solver's benchmarks, CalculiX beside it, and how both are timed."""

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from twin.domain import Attachment, Material, Model, Support, TetMesh, UnitLoad
from twin.exports.calculix import binned, write

REPEATS = 5
HEAD = np.array([45.0, 0.0, 205.0])
HEAD_RADIUS = 24.0
WALKING = {"hip": (-0.54, 0.328, -2.292), "abductors": (0.58, -0.043, 0.865)}
"""Heller 2005 for a right femur, N per N of body weight, in LPS."""


def body(edge_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """Return points and tetrahedra of head, neck, trochanter and shaft; kept in the temporary folder."""
    kept = Path(tempfile.gettempdir()) / f"vitruvian-benchmark-femur-{edge_mm:g}.npz"
    if kept.is_file():
        with np.load(kept) as file:
            return file["points"], file["tets"]
    from netgen.csg import CSGeometry, Cylinder, Ellipsoid, Plane, Pnt, Sphere, Vec

    shaft = Cylinder(Pnt(0, 0, -10), Pnt(0, 0, 200), 13.5)
    shaft = shaft * Plane(Pnt(0, 0, 0), Vec(0, 0, -1)) * Plane(Pnt(0, 0, 190), Vec(0, 0, 1))
    neck = Cylinder(Pnt(0, 0, 165), Pnt(45, 0, 205), 15)
    neck = neck * Plane(Pnt(0, 0, 165), Vec(-45, 0, -40)) * Plane(Pnt(45, 0, 205), Vec(45, 0, 40))
    trochanter = Ellipsoid(Pnt(-8, 0, 178), Vec(20, 0, 0), Vec(0, 19.5, 0), Vec(0, 0, 28))
    geometry = CSGeometry()
    geometry.Add(shaft + Sphere(Pnt(*HEAD), HEAD_RADIUS) + neck + trochanter)
    mesh = geometry.GenerateMesh(maxh=edge_mm, optsteps3d=3)
    points = np.array([tuple(point.p) for point in mesh.Points()])
    tets = mesh.Elements3D().NumPy()["nodes"][:, :4].astype(np.int32) - 1
    sides = points[tets[:, 1:]] - points[tets[:, :1]]
    inverted = np.linalg.det(sides) < 0
    tets[inverted] = tets[inverted][:, [0, 2, 1, 3]]
    part = kept.with_name(f"{os.getpid()}-{kept.name}")
    np.savez(part, points=points, tets=tets)
    part.replace(kept)
    return points, tets


def model(edge_mm: float) -> Model:
    """Return the body with cortical shell, trabecular core and fatty canal under the walking load.

    Moduli in MPa: shell 17,000; core 10 (canal) to 600 (head) with a scatter of 30 %; both in the
    1 % steps of the exported deck, so that both programs solve the same equations.
    """
    from scipy.spatial import cKDTree

    points, tets = body(edge_mm)
    faces = np.sort(tets[:, [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]].reshape(-1, 3), axis=1)
    faces, times = np.unique(faces, axis=0, return_counts=True)
    outside = np.unique(faces[times == 1])
    center = points[tets].mean(axis=1)
    depth, _ = cKDTree(points[outside]).query(center)
    shell = np.interp(center[:, 2], [20, 100, 170, 230], [5, 5, 2, 1.5])
    scatter = np.exp(0.3 * np.random.default_rng(1).standard_normal(len(tets)))
    core = np.interp(center[:, 2], [0, 130, 175], [10, 10, 600]) * scatter
    young = np.clip(np.where(depth < shell, 17000.0, core), 10, 22000)
    none = np.full(len(tets), np.nan)
    material = binned(Material(young, np.full(len(tets), 0.3), none, none))

    push = -np.array(WALKING["hip"]) / np.linalg.norm(WALKING["hip"])
    arms = points[outside] - HEAD
    near = np.linalg.norm(arms, axis=1) < HEAD_RADIUS + 0.5
    patches = {
        "hip": outside[near & (arms @ push > 0.85 * HEAD_RADIUS)],
        "abductors": outside[np.linalg.norm(points[outside] - [-20, 0, 195], axis=1) < 18],
    }
    attachments, loads = [], []
    for number, (name, nodes) in enumerate(patches.items()):
        weights = np.full(len(nodes), 1.0 / len(nodes))
        attachments.append(Attachment(name, nodes.astype(np.int32), weights, points[nodes].mean(axis=0)))
        loads += [UnitLoad(f"{name} {axis}", number, np.eye(3)[i]) for i, axis in enumerate("xyz")]
    factors = {
        f"{name} {axis}": f for name, force in WALKING.items() for axis, f in zip("xyz", force, strict=True)
    }
    return Model(
        TetMesh(points=points, tets=tets, regions=np.zeros(len(tets), np.int32)),
        material,
        (Support("distal cut", np.flatnonzero(points[:, 2] < 1e-6).astype(np.int32)),),
        tuple(attachments),
        tuple(loads),
        {"walking": factors},
        body_weight_n=700.0,
    )


def rows(
    name: str, edge_mm: float, peers: dict[str, tuple[str, float]], further_s: float | None
) -> list[dict]:
    """Time our solver and CalculiX in turn, five times each, and return a row a comparison.

    Parameters
    ----------
    peers : dict of str to (str, float)
        CalculiX's solver to the words after ``*STATIC`` and the goal for our time over its.
    further_s : float or None
        Goal in seconds for one more load case, where it is asked for.
    """
    case = model(edge_mm)
    ours, further, theirs = [], [], {peer: [] for peer in peers}
    installed = shutil.which("ccx") is not None
    with tempfile.TemporaryDirectory() as folder:
        for number, (words, _) in enumerate(peers.values()):
            write(case, Path(folder) / f"{number}.inp")
            deck = (Path(folder) / f"{number}.inp").read_text()
            (Path(folder) / f"{number}.inp").write_text(deck.replace("*STATIC\n", f"*STATIC{words}\n"))
        _solve(case)  # compiles, or reads what was compiled, outside the timing
        for _ in range(REPEATS):
            whole, one_more = _solve(case)
            ours.append(whole)
            further.append(one_more)
            for number, peer in enumerate(peers) if installed else ():
                start = time.perf_counter()
                subprocess.run(["ccx", str(number)], cwd=folder, check=True, stdout=subprocess.DEVNULL)
                theirs[peer].append(time.perf_counter() - start)
    taken = statistics.median(ours)
    found = [
        _row(name, taken, goal, f"CalculiX, {peer}", statistics.median(theirs[peer]) if installed else None)
        for peer, (_, goal) in peers.items()
    ]
    if further_s is not None:
        found.append(_row(f"{name} further load case", statistics.median(further), further_s))
    return found


def _row(
    name: str, ours: float, goal: float, peer_name: str | None = None, peer: float | None = None
) -> dict:
    """Return a row in seconds; the goal is for the ratio to a peer, or else for our own time."""
    ratio = ours / peer if peer else None
    judged = ours if peer_name is None else ratio
    return {
        "name": name,
        "ours": ours,
        "peer": peer,
        "peer_name": peer_name,
        "unit": "s",
        "ratio": ratio,
        "goal": goal,
        "within": None if judged is None else judged <= goal,
    }


def _solve(case: Model) -> tuple[float, float]:
    """Return seconds from the model to displacements and stresses, and of one more load case."""
    from physics.elasticity import Elasticity, strain, stress, unit_forces, von_mises

    start = time.perf_counter()
    system = Elasticity(case.mesh, case.material, case.supports)
    factors = np.array([case.cases["walking"][load.name] for load in case.loads]) * case.body_weight_n
    forces = np.tensordot(factors, unit_forces(case), axes=1)[None]
    displacement = system.solve(forces)
    von_mises(stress(case.mesh, case.material, strain(case.mesh, displacement)))
    whole = time.perf_counter() - start
    start = time.perf_counter()
    system.solve(forces[:, :, [1, 0, 2]])
    return whole, time.perf_counter() - start

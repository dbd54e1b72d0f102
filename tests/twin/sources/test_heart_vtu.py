"""Both ventricles out of a whole heart's mesh."""

import json
from pathlib import Path

import numpy as np
import pytest

from physics.heart import cavity_ml
from physics.heart.cavity import rims
from physics.heart.checks import check_ventricle
from physics.verify import meshes
from segmentation.tetrahedra.report import boundary
from twin.domain import TetMesh
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources.heart_vtu import read, read_ventricles
from twin.sources.series import Choices
from twin.sources.steps import ImportParams, import_images

PARTS = {
    "Left ventricle": {
        "part-id": 1,
        "surfaces": {"Left ventricle endocardium": 11, "Left ventricle epicardium": 12},
        "cavity": {"Left ventricle cavity": 13},
    },
    "Septum": {"part-id": 7, "surfaces": {}},
    "Right ventricle": {
        "part-id": 2,
        "surfaces": {"Right ventricle septum": 14, "Right ventricle epicardium": 15},
    },
    "Left atrium": {"part-id": 3, "surfaces": {}},
}


def written(
    folder: Path, fiber: np.ndarray | None = None, parts: object = PARTS, sheet: np.ndarray | None = None
) -> Path:
    """A bar along x: left ventricle to 2 mm, septum to 4, right ventricle to 6, atrium to 8."""
    import pyvista as pv

    mesh = meshes.box((8, 2, 2), (8.0, 2.0, 2.0), quadratic=False)
    x = mesh.points[mesh.tets].mean(axis=1)[:, 0]
    part = np.array([1, 7, 2, 3])[np.minimum(x // 2, 3).astype(int)]
    faces = boundary(mesh.tets)
    fx, _, fz = mesh.points[faces].mean(axis=1).T
    named = {11: fx == 0, 12: (fz == 0) & (fx < 4), 13: (fz == 2) & (fx < 2), 14: (fz == 0) & (fx < 6)}
    surface = np.select(list(named.values()), list(named), 99)
    cells = {pv.CellType.TETRA: mesh.tets, pv.CellType.TRIANGLE: faces}
    grid = pv.UnstructuredGrid(cells, mesh.points)
    tets = grid.celltypes == pv.CellType.TETRA
    grid.cell_data["_volume-id"] = np.zeros(len(tets), np.int32)
    grid.cell_data["_volume-id"][tets] = part
    grid.cell_data["_surface-id"] = np.full(len(tets), np.nan)
    grid.cell_data["_surface-id"][~tets] = surface
    for name, values in (("fiber", fiber), ("sheet", fiber if sheet is None else sheet)):
        if values is not None:
            grid.cell_data[name] = np.zeros((len(tets), 3))
            grid.cell_data[name][tets] = values if values.ndim == 1 else values[: len(part)]
    path = folder / "heart.vtu"
    grid.save(path)
    (folder / "heart.partinfo.json").write_text(json.dumps(parts))
    return path


def area(mesh, name: str) -> float:  # type: ignore[no-untyped-def]
    a, b, c = (mesh.points[mesh.patch(name).triangles[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_parts_and_faces_come_by_name(tmp_path: Path) -> None:
    mesh = read_ventricles(written(tmp_path), units="mm", space="LPS").mesh
    assert mesh.points[:, 0].max() == 6.0  # the atrium is left out
    assert mesh.region_names == ("Left ventricle", "Right ventricle", "Septum")
    middle = mesh.points[mesh.tets].mean(axis=1)
    for k, (low, high) in enumerate(((0, 2), (4, 6), (2, 4))):
        of = middle[mesh.regions == k, 0]
        assert low < of.min() < of.max() < high
    # mm²: the end and the cavity's own surface; the right half of z = 0; the rest of it; all else.
    expected = {"endo_lv": 4.0 + 4.0, "endo_rv": 4.0, "epi": 8.0}
    expected["base"] = 2 * 4.0 + 4 * 12.0 - sum(expected.values())
    assert {name: area(mesh, name) for name in expected} == pytest.approx(expected)


def test_directions_turn_with_the_axes_and_placeholders_go(tmp_path: Path) -> None:
    count = len(meshes.box((8, 2, 2), (8.0, 2.0, 2.0), quadratic=False).tets)
    fiber = np.random.default_rng(1).normal(size=(count, 3))
    path = written(tmp_path, fiber)
    lps, ras = (read_ventricles(path, units="mm", space=s) for s in ("LPS", "RAS"))
    assert lps.fiber is not None
    assert ras.fiber is not None
    np.testing.assert_allclose(np.linalg.norm(lps.fiber, axis=1), 1.0)
    np.testing.assert_allclose(ras.fiber, lps.fiber * [-1, -1, 1])
    same = read_ventricles(written(tmp_path, np.array([0.0, 0.0, 1.0])), units="mm", space="LPS")
    assert same.fiber is None
    assert any("placeholders" in note for note in same.mesh.notes)


def test_faults_are_named(tmp_path: Path) -> None:
    path = written(tmp_path)
    with pytest.raises(SourceError, match="does not say its unit or its axes"):
        read_ventricles(path)
    with pytest.raises(SourceError, match="no directions everywhere"):
        read_ventricles(written(tmp_path, np.zeros(3)), units="mm", space="LPS")
    without = {k: v for k, v in PARTS.items() if k != "Septum"}
    with pytest.raises(SourceError, match="does not name 'Septum'"):
        read_ventricles(written(tmp_path, parts=without), units="mm", space="LPS")
    with pytest.raises(SourceError, match="no list of a heart's parts"):
        read_ventricles(written(tmp_path, parts=[1, 2]), units="mm", space="LPS")
    (tmp_path / "heart.partinfo.json").unlink()
    with pytest.raises(SourceError, match="nothing names its parts"):
        read_ventricles(path, units="mm", space="LPS")


def test_it_comes_in_as_any_mesh_does_with_the_directions_of_its_muscle(tmp_path: Path) -> None:
    """Sheets are given 30° off the fibers: set at right angles to them."""
    count = len(meshes.box((8, 2, 2), (8.0, 2.0, 2.0), quadratic=False).tets)
    fiber, other = (
        np.linalg.qr(np.random.default_rng(1).normal(size=(count, 3, 3)))[0][:, k] for k in (0, 1)
    )
    path = written(tmp_path, fiber, sheet=0.5 * other + np.sqrt(0.75) * fiber)
    made = import_images(ImportParams((str(path),), units="mm", space="LPS"), Progress())
    (mesh,) = made.outputs.values()
    assert isinstance(mesh, TetMesh)
    assert mesh.axes is not None
    middle = meshes.box((8, 2, 2), (8.0, 2.0, 2.0), quadratic=False)
    kept = middle.points[middle.tets].mean(axis=1)[:, 0] < 6.0
    np.testing.assert_allclose(mesh.axes[:, 0], fiber[kept], atol=1e-12)
    np.testing.assert_allclose(mesh.axes[:, 1], other[kept], atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(mesh.axes), 1.0)
    assert any("atria and vessels were left out" in note for note in mesh.notes)
    plain = import_images(ImportParams((str(written(tmp_path)),), units="mm", space="LPS"), Progress())
    assert next(iter(plain.outputs.values())).axes is None  # type: ignore[union-attr]
    with pytest.raises(SourceError, match="sheets lie along its fibers"):
        read(written(tmp_path, fiber), Choices(units="mm", space="LPS"), Progress())


def test_a_real_heart(shared_data: Path) -> None:
    """Rodero 2021, case 1. The caps that the file holds have 67, 44, 93 and 58 triangles about a point."""
    path = shared_data / "heart-mesh" / "rodero_01_fullheart_2.0mm.vtu"
    found = read_ventricles(path, units="mm", space="LPS")
    mesh = found.mesh
    check_ventricle(mesh)
    corners = mesh.points[mesh.tets]
    volumes = np.linalg.det(corners[:, 1:] - corners[:, :1]) / 6000.0
    assert np.bincount(mesh.regions, volumes) == pytest.approx([125.8, 62.1, 38.3], abs=0.06)  # tets by part
    assert [len(rim) for rim in rims(mesh.patch("endo_lv").triangles)] == [67, 44]
    assert [len(rim) for rim in rims(mesh.patch("endo_rv").triangles)] == [93, 58]
    # VTK's volumes within the closed surfaces "Left ventricle cavity" and "Right ventricle cavity".
    assert cavity_ml(mesh) == pytest.approx(120.447, abs=0.01)
    assert cavity_ml(mesh, "endo_rv") == pytest.approx(185.648, abs=0.01)
    assert found.fiber is None  # (0, 0, 1) everywhere

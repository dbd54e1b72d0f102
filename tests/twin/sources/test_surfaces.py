"""Readers of OBJ, PLY and VTK's files: what they ask, what they refuse, other programs' files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twin.domain import Surface, TetMesh
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources import read, scan
from twin.sources.steps import ImportParams, import_images

POINTS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0.5, 0.5, 1]], float)
PYRAMID = [(3, 2, 1, 0), (0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)]
"""A square base of one quad and four sides: volume 1/3, six triangles."""


def obj(path: Path, head: str = "", points: str = "") -> Path:
    faces = "".join("f " + " ".join(f"{n + 1}//1" for n in f) + "\n" for f in PYRAMID)
    vertices = points or "".join(f"v {x} {y} {z}\n" for x, y, z in POINTS)
    path.write_text(head + vertices + "vn 0 0 1\n" + faces)
    return path


def ply(path: Path, order: str = "ascii", comment: str = "", count: str = "uchar") -> Path:
    head = (
        f"ply\nformat {order} 1.0\ncomment {comment}\nelement vertex 5\nproperty float x\nproperty float y\n"
        f"property float z\nproperty uchar red\nelement face 5\nproperty list {count} int vertex_indices\n"
        "end_header\n"
    )
    if order == "ascii":
        body = "".join(f"{x} {y} {z} 7\n" for x, y, z in POINTS)
        body += "".join(f"{len(f)} {' '.join(map(str, f))}\n" for f in PYRAMID)
        path.write_bytes((head + body).encode())
        return path
    e = "<" if "little" in order else ">"
    data = b"".join(np.array(p, e + "f4").tobytes() + b"\7" for p in POINTS)
    size = {"uchar": "u1", "int": e + "i4"}[count]
    data += b"".join(np.array([len(f)], size).tobytes() + np.array(f, e + "i4").tobytes() for f in PYRAMID)
    path.write_bytes(head.encode() + data)
    return path


def vtk(path: Path, cells: dict[int, list[tuple[int, ...]]], points: Any = POINTS) -> Path:
    import pyvista

    if path.suffix == ".vtp":
        faces = np.concatenate([[len(f), *f] for f in PYRAMID])
        pyvista.PolyData(points, faces).save(path)
    else:
        flat = [n for row in cells.values() for cell in row for n in (len(cell), *cell)]
        types = [kind for kind, row in cells.items() for _ in row]
        pyvista.UnstructuredGrid(np.array(flat), np.array(types), points).save(path)
    return path


def load(path: Path, **more: str) -> Any:
    (series,) = scan([path]).series
    return read(series, **({"units": "mm", "space": "LPS"} | more))  # type: ignore[arg-type]


def volume_of(surface: Surface) -> float:
    a, b, c = surface.points[surface.triangles].transpose(1, 0, 2)
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def fault(path: Path, **more: str) -> str:
    with pytest.raises(SourceError) as error:
        import_images(ImportParams((str(path),), **more), Progress())  # type: ignore[arg-type]
    return str(error.value)


@pytest.fixture(params=[".obj", ".ply", ".vtp", ".vtk"])
def pyramid(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"pyramid{request.param}"
    made = {".obj": obj, ".ply": ply, ".vtp": lambda p: vtk(p, {}), ".vtk": lambda p: vtk(p, _FLAT)}
    return made[request.param](path)


_FLAT = {9: [PYRAMID[0]], 5: PYRAMID[1:]}


def test_a_silent_file_asks_by_the_parameters_names(pyramid: Path) -> None:
    (series,) = scan([pyramid]).series
    assert not series.is_volume
    assert series.asks == ("units", "space")
    title = pyramid.suffix[1:].upper()
    assert fault(pyramid) == (
        f"Nothing here can be read as it is: pyramid: {title} does not say its unit or its axes; say units "
        "and space. Say it: --set units=mm --set space=LPS (or another)."
    )
    with pytest.raises(SourceError, match=rf"{title}, which does not say its axes\. Say space LPS"):
        read(series, units="mm")


def test_unit_and_axes_are_heeded(pyramid: Path) -> None:
    surface = load(pyramid, units="cm", space="RAS")
    assert isinstance(surface, Surface)
    assert len(surface.triangles) == 6
    np.testing.assert_allclose(
        sorted(map(tuple, surface.points)), sorted(map(tuple, POINTS * (-10, -10, 10)))
    )
    assert volume_of(surface) == pytest.approx(1000 / 3)  # 10³ · 1/3, outward still: two axes are turned
    assert surface.notes[0] == "Read as RAS, cm."
    made = import_images(ImportParams((str(pyramid),), units="m", space="LPS"), Progress())
    assert volume_of(made.outputs["surface"]) == pytest.approx(1e9 / 3)  # type: ignore[arg-type]


@pytest.mark.parametrize("order", ["binary_little_endian", "binary_big_endian"])
@pytest.mark.parametrize("count", ["uchar", "int"])
def test_binary_ply_with_polygons_of_several_sizes(tmp_path: Path, order: str, count: str) -> None:
    surface = load(ply(tmp_path / "a.ply", order, count=count))
    assert volume_of(surface) == pytest.approx(1 / 3)


def test_slicers_comment_says_the_axes(tmp_path: Path) -> None:
    for path in (
        ply(tmp_path / "a.ply", comment="3D Slicer output. SPACE=RAS"),
        obj(tmp_path / "a.obj", "# 3D Slicer output. SPACE=RAS\n"),
    ):
        (series,) = scan([path]).series
        assert series.asks == ("units",)
        assert read(series, units="mm").notes[0] == "Read as RAS, mm."


def test_a_strangers_words_say_no_side(tmp_path: Path) -> None:
    surface = load(obj(tmp_path / "a.obj", "# side left\n# structure of some kind\n# open space\n"))
    assert (surface.side, surface.structure) == ("none", "a")


def test_objects_of_one_file_are_surfaces_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "two.obj"
    path.write_text(
        "o one\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\no two\nv 0 0 5\nv 1 0 5\nv 0 1 5\nf -3 -2 -1\n"
    )
    found = scan([path]).series
    assert [s.description for s in found] == ["one", "two"]
    made = import_images(ImportParams((str(path),), units="mm", space="LPS"), Progress())
    one, two = made.outputs.values()
    assert (one.structure, two.structure) == ("one", "two")  # type: ignore[union-attr]
    assert two.points[:, 2].tolist() == [5, 5, 5]  # type: ignore[union-attr]
    only = import_images(
        ImportParams((str(path),), series=f"{path}#two", units="mm", space="LPS"), Progress()
    )
    assert [s.structure for s in only.outputs.values()] == ["two"]  # type: ignore[union-attr]


def test_strips_become_triangles_of_one_orientation(tmp_path: Path) -> None:
    import pyvista

    grid = pyvista.PolyData(POINTS[[0, 1, 3, 2]], strips=np.array([4, 0, 1, 2, 3]))
    grid.save(tmp_path / "strip.vtp")
    surface = load(tmp_path / "strip.vtp")
    a, b, c = surface.points[surface.triangles].transpose(1, 0, 2)
    np.testing.assert_array_equal(np.cross(b - a, c - a), [[0, 0, 1], [0, 0, 1]])


def test_real_surfaces_of_a_heart(shared_data: Path) -> None:
    """The fitted endocardium of biv-me at end-diastole: README, 161.5 mL, to a plane through the valves."""
    surface = load(shared_data / "heart-mr-cine/models/patient1_LV_ENDOCARDIAL_000.vtk")
    assert surface.structure == "patient1_LV_ENDOCARDIAL_000"
    open_at_base = volume_of(replace(surface, points=surface.points - surface.points.mean(axis=0)))
    assert open_at_base / 1000 == pytest.approx(161.5, rel=0.03)


def test_real_mesh_of_a_heart(shared_data: Path, tmp_path: Path) -> None:
    """Without the file that names its parts."""
    path = tmp_path / "heart.vtu"
    path.symlink_to(shared_data / "heart-mesh/rodero_01_fullheart_2.0mm.vtu")
    mesh = load(path)
    assert isinstance(mesh, TetMesh)
    assert len(mesh.points) <= 72_171  # README: 72,171 points
    a, b, c, d = (mesh.points[mesh.tets[:, n]] for n in range(4))
    assert np.einsum("ij,ij->i", np.cross(b - a, c - a), d - a).min() > 0
    assert mesh.patches[0].name == "outer"
    # A closed boundary: each edge of it belongs to an even number of its triangles.
    t = mesh.patches[0].triangles
    edges = np.sort(np.concatenate([t[:, p] for p in ([0, 1], [1, 2], [2, 0])]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] % 2 == 0).all()


def test_elements_inside_out_are_turned_and_loose_points_left_out(tmp_path: Path) -> None:
    path = vtk(tmp_path / "m.vtu", {10: [(0, 3, 1, 4)], 5: [(0, 1, 2)]})
    mesh = load(path)
    assert isinstance(mesh, TetMesh)
    a, b, c, d = mesh.points[mesh.tets[0]]
    assert np.cross(b - a, c - a) @ (d - a) == pytest.approx(1)  # 6 · 1/6
    assert len(mesh.points) == 4
    assert len(mesh.patches[0].triangles) == 4
    for said in ("1 elements were inside out", "1 points that no element uses", "1 cells that are no tetra"):
        assert any(said in note for note in mesh.notes)
    outward = mesh.points[mesh.patches[0].triangles]
    normal = np.cross(outward[:, 1] - outward[:, 0], outward[:, 2] - outward[:, 0])
    away = outward.mean(axis=1) - mesh.points.mean(axis=0)
    assert (np.einsum("ij,ij->i", normal, away) > 0).all()


def test_an_array_of_whole_numbers_is_the_regions(tmp_path: Path) -> None:
    import pyvista

    grid = pyvista.UnstructuredGrid(np.array([4, 0, 1, 3, 4, 4, 1, 2, 3, 4]), np.array([10, 10]), POINTS)
    grid.cell_data["part"] = np.array([17, 4])
    grid.cell_data["quality"] = np.array([0.1, 0.2])
    grid.save(tmp_path / "m.vtu")
    mesh = load(tmp_path / "m.vtu")
    assert mesh.region_names == ("part 4", "part 17")
    assert mesh.regions.tolist() == [1, 0]


@pytest.mark.parametrize("suffix", [".vtu", ".vtk"])
def test_what_is_no_surface_and_no_mesh_is_refused(tmp_path: Path, suffix: str) -> None:
    hexes = vtk(tmp_path / f"h{suffix}", {14: [(0, 1, 2, 3, 4)]})
    assert "holds elements that are no tetrahedra (VTK's types [14])" in fault(hexes)
    flat = vtk(tmp_path / f"f{suffix}", {10: [(0, 1, 2, 3)]})
    assert "1 flat elements" in fault(flat, units="mm", space="LPS")


@pytest.mark.parametrize("suffix", [".obj", ".ply", ".vtp", ".vtu", ".vtk", ".stl"])
@pytest.mark.parametrize("content", [b"ply\nnothing", b"\0\1\2\3" * 90, b"f 1 2 3\n", b"<VTKFile>oops"])
def test_broken_files_are_named(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"broken{suffix}"
    path.write_bytes(content)
    assert str(path) in fault(path, units="mm", space="LPS")


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_truncated_files_are_named(tmp_path: Path, share: float) -> None:
    whole = [
        ply(tmp_path / "a.ply"), ply(tmp_path / "b.ply", "binary_little_endian"),
        vtk(tmp_path / "c.vtp", {}), vtk(tmp_path / "d.vtk", _FLAT),
        vtk(tmp_path / "e.vtu", {10: [(0, 1, 3, 4)]}),
    ]  # fmt: skip
    for path in whole:
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        assert str(path) in fault(path, units="mm", space="LPS")


def test_points_that_are_no_numbers_or_not_there(tmp_path: Path) -> None:
    nan = obj(tmp_path / "nan.obj", points="v 0 0 nan\n" + "v 1 0 0\n" * 4)
    assert "points that are no numbers" in fault(nan, units="mm", space="LPS")
    few = obj(tmp_path / "few.obj", points="v 0 0 0\n" * 2)
    assert "triangles use point" in fault(few, units="mm", space="LPS")
    assert "a face of point 0" in fault(_zero(tmp_path), units="mm", space="LPS")


def _zero(folder: Path) -> Path:
    (folder / "zero.obj").write_text("v 0 0 0\nf 0 1 1\n")
    return folder / "zero.obj"


def test_a_ply_that_claims_more_than_it_holds_allocates_nothing(tmp_path: Path) -> None:
    for order in ("ascii", "binary_little_endian"):
        path = ply(tmp_path / f"{order}.ply", order)
        path.write_bytes(path.read_bytes().replace(b"element vertex 5", b"element vertex 999999999999"))
        assert "it claims 999,999,999,999 of vertex" in fault(path, units="mm", space="LPS")

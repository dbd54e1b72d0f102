"""What is written can be read again and is the same; a name never says less than the side."""

import csv
import errno
import json
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from twin.domain import (
    Curve,
    Field,
    Identity,
    LabelMap,
    Motion,
    Number,
    Patch,
    Result,
    Structure,
    Surface,
    TetMesh,
    Volume,
)  # fmt: skip
from twin.errors import Cancelled, UserError
from twin.exports import export, nifti
from twin.exports.vtk_files import fields_of
from twin.progress import Progress
from twin.sources import read, scan

AFFINE = np.array(
    [[0.6, 0, 0.8 * 3, -200.123], [0, 0.7, 0, 50.5], [-0.8, 0, 0.6 * 3, -900.25], [0, 0, 0, 1.0]]
)
"""Turned by 53° about y; columns are perpendicular, lengths 1, 0.7 and 3."""


def volume(dtype: type = np.int16) -> Volume:
    voxels = (np.arange(4 * 5 * 6) * 3 - 90).reshape(4, 5, 6).astype(dtype)
    return Volume(voxels, AFFINE, "CT", unit="HU", slope=0.5, intercept=-12.0, frame_of_reference="1.2.3")


def cube(structure: str = "left femur", side: str = "left") -> Surface:
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float) * 10.1 - 330.7
    faces = [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6],
        [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ]  # fmt: skip
    return Surface(corners, np.array(faces, np.int32), structure=structure, side=side)  # type: ignore[arg-type]


def mesh() -> TetMesh:
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], float) + 1 / 3
    tets = np.array([[0, 1, 2, 3], [1, 4, 2, 3]], np.int32)
    patches = (Patch("outer", np.array([[0, 2, 1]], np.int32)),)
    return TetMesh(
        points,
        tets,
        np.array([0, 1], np.int32),
        ("cortex", "marrow"),
        patches,
        structure="left femur",
        side="left",
    )


def test_a_field_lies_where_it_says_whatever_the_counts() -> None:
    four = replace(mesh(), tets=np.array([[0, 1, 2, 3], [1, 4, 2, 3]] * 2 + [[0, 1, 2, 3]], np.int32))
    field = Field("stress", "MPa/N", "element", np.ones((2, 5, 6)))
    assert len(four.points) == len(four.tets)
    found = list(fields_of(replace(result(), mesh=four, fields=(field,))))
    assert [where for _, where, _ in found] == ["element", "element"]


def result() -> Result:
    rng = np.random.default_rng(0)
    fields = (
        Field("displacement", "mm/N", "node", rng.normal(size=(2, 5, 3))),
        Field("stress", "MPa/N", "element", rng.normal(size=(2, 2, 6))),
    )
    numbers = (
        Number(
            "von Mises p99",
            81.25,
            "MPa",
            70,
            92.5,
            {"density calibration ±20 %": (70.0, 92.5)},
            (1, 2, 3),
            "a, b",
        ),
    )
    cases = {"walking": {"hip x": 0.5, "hip z": -2.0}}
    return Result(
        mesh(), fields, numbers, ("hip x", "hip z"), cases, 700.0, structure="left femur", side="left",
        limits=("no fall", "linear"),
    )  # fmt: skip


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.uint8, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_volume_comes_back_voxel_by_voxel(tmp_path: Path, dtype: type, suffix: str) -> None:
    before = volume(dtype)
    path = export(before, tmp_path / f"ct{suffix}")
    after = read(scan([path]).series[0])
    assert isinstance(after, Volume)
    assert after.voxels.dtype == dtype
    np.testing.assert_array_equal(after.voxels, before.voxels)
    np.testing.assert_allclose(after.affine, before.affine, atol=1e-4)  # NIfTI affines are float32
    assert (after.slope, after.intercept, after.modality, after.unit) == (0.5, -12.0, "CT", "HU")
    assert after.frame_of_reference == "1.2.3"


def test_another_library_finds_the_same_values_in_ras(tmp_path: Path) -> None:
    path = export(volume(), tmp_path / "ct.nii.gz")
    image = nib.load(path)
    np.testing.assert_allclose(image.affine, np.diag([-1, -1, 1, 1]) @ AFFINE, atol=1e-4)
    np.testing.assert_array_equal(image.get_fdata(), volume().voxels.T * 0.5 - 12.0)
    assert image.header.get_xyzt_units()[0] == "mm"


@pytest.mark.parametrize("suffix", [".nii", ".nrrd"])
def test_times_come_back(tmp_path: Path, suffix: str) -> None:
    before = replace(volume(), slope=1.0, intercept=0.0)
    before = replace(before, voxels=np.arange(3 * 4 * 5 * 6, dtype=np.int16).reshape(3, 4, 5, 6))
    before = replace(before, times_ms=np.array([4.0, 31.5, 70.0]))
    after = read(scan([export(before, tmp_path / f"cine{suffix}")]).series[0])
    assert isinstance(after, Volume)
    np.testing.assert_array_equal(after.voxels, before.voxels)
    np.testing.assert_array_equal(after.times_ms, [4.0, 31.5, 70.0])


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.uint16, np.uint8, np.int32, np.float32, np.float64])
def test_volume_as_nrrd_comes_back_value_by_value(tmp_path: Path, dtype: type) -> None:
    before = replace(volume(dtype), slope=1.0, intercept=0.0)
    after = read(scan([export(before, tmp_path / "ct.nrrd")]).series[0])
    assert isinstance(after, Volume)
    assert after.voxels.dtype == dtype
    np.testing.assert_array_equal(after.voxels, before.voxels)
    np.testing.assert_array_equal(after.affine, before.affine)
    assert (after.modality, after.unit, after.frame_of_reference) == ("CT", "HU", "1.2.3")
    assert after.notes == ()


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
def test_colors_come_back(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(0)
    before = Volume(rng.integers(0, 1 << 24, (4, 5, 6)).astype(np.uint32), AFFINE, "US", color=True)
    after = read(scan([export(before, tmp_path / f"echo{suffix}")]).series[0])
    assert isinstance(after, Volume)
    assert after.color
    np.testing.assert_array_equal(after.voxels, before.voxels)


def test_what_has_no_place_in_the_patient_is_no_volume(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no place in the patient"):
        export(replace(volume(), placement="picture"), tmp_path / "capture.nii.gz")


def test_another_library_reads_our_nrrd(tmp_path: Path) -> None:
    nrrd = pytest.importorskip("nrrd", reason="pynrrd is not installed")
    before = replace(volume(), slope=1.0, intercept=0.0)
    data, header = nrrd.read(str(export(before, tmp_path / "ct.nrrd")))
    np.testing.assert_array_equal(data, before.voxels.T)
    np.testing.assert_array_equal(header["space directions"].T, AFFINE[:3, :3])
    np.testing.assert_array_equal(header["space origin"], AFFINE[:3, 3])
    assert (header["space"], header["space units"]) == ("left-posterior-superior", ["mm"] * 3)


@pytest.mark.parametrize(
    ("slope", "intercept", "kind"),
    [
        (1.0, -1024.0, "int16"),
        (-3.0, 40000.0, "uint16"),
        (2.0, 70000.0, "int32"),
        (0.5, -12.0, "float32"),
        (0.1, 0.0, "float64"),
    ],
)
def test_nrrd_holds_values_not_stored_numbers(
    tmp_path: Path, slope: float, intercept: float, kind: str
) -> None:
    """NRRD has no scale that others heed, so what Slicer sees must be Hounsfield units themselves."""
    before = replace(volume(), slope=slope, intercept=intercept)
    before = replace(before, voxels=(before.voxels + 90).astype(np.uint16))  # 0 to 357
    after = read(scan([export(before, tmp_path / "ct.nrrd")]).series[0])
    assert isinstance(after, Volume)
    assert after.voxels.dtype == kind
    np.testing.assert_array_equal(after.voxels, before.voxels * np.float64(slope) + intercept)


@pytest.mark.parametrize("suffix", [".nii.gz", ".seg.nrrd", ".nrrd"])
@pytest.mark.parametrize("layers", [(), (2,)])
def test_labelmap_comes_back_with_its_names(tmp_path: Path, layers: tuple[int, ...], suffix: str) -> None:
    labels = np.zeros((*layers, 4, 5, 6), np.uint16)
    labels[..., 1, 1, 1], labels[..., 2, 2, 2] = 7, 300
    structures = (
        Structure("left femur", 7, "femur", "left", touches_border=True, color="#12AB34"),
        Structure("right hip bone", 300, "hip bone", "right", color="#FFFFFF"),
        *((Structure("a b\n\\c", 7, layer=1, color="#000000"),) if layers else ()),
        *((Structure("label 300", 300, layer=1, color="#010203"),) if layers else ()),
    )
    before = LabelMap(labels, AFFINE, structures, frame_of_reference="1.2.3")
    path = export(before, tmp_path / f"bones{suffix}")
    assert path.name == f"bones{suffix}"
    series = scan([path]).series[0]
    assert series.kind == "labelmap"
    after = read(series)
    assert isinstance(after, LabelMap)
    np.testing.assert_array_equal(after.labels, before.labels)
    assert after.structures == structures
    assert after.frame_of_reference == "1.2.3"


def test_stl_comes_back_within_float32_and_says_its_space(tmp_path: Path) -> None:
    path = export(cube(), tmp_path / "left femur.stl")
    after = read(scan([path]).series[0])  # no units and no axes asked: the header says them
    assert isinstance(after, Surface)
    assert (after.structure, after.side) == ("left femur", "left")
    before = cube()
    np.testing.assert_allclose(
        after.points[after.triangles], before.points[before.triangles], atol=330 * 2**-23, rtol=0
    )


@pytest.mark.parametrize("suffix", [".ply", ".obj", ".vtp"])
def test_surfaces_are_read_by_another_library(tmp_path: Path, suffix: str) -> None:
    import pyvista

    path = export(cube(), tmp_path / f"femur{suffix}")
    assert path.name == f"femur-left{suffix}"
    seen = pyvista.read(path)
    before = cube()
    assert seen.n_points == 8
    np.testing.assert_allclose(seen.points, before.points, atol=330 * 2**-23, rtol=0)
    np.testing.assert_array_equal(seen.faces.reshape(-1, 4)[:, 1:], before.triangles)
    if suffix == ".vtp":
        assert list(seen.field_data["space"]) == ["LPS"]
        assert list(seen.field_data["unit"]) == ["mm"]
    else:
        assert b" space LPS" in path.read_bytes()


@pytest.mark.parametrize("suffix", [".ply", ".obj", ".vtp"])
def test_surfaces_come_back(tmp_path: Path, suffix: str) -> None:
    before = replace(cube(), term="femur", color="#12AB34", frame_of_reference="1.2.3", cut=np.arange(12) < 2)
    after = read(scan([export(before, tmp_path / f"left{suffix}")]).series[0])  # nothing is asked
    assert isinstance(after, Surface)
    np.testing.assert_array_equal(after.triangles, before.triangles)
    np.testing.assert_allclose(after.points, before.points, atol=330 * 2**-23, rtol=0)
    for name in ("structure", "term", "side", "color", "frame_of_reference"):
        assert getattr(after, name) == getattr(before, name)
    if suffix == ".vtp":
        np.testing.assert_array_equal(after.cut, before.cut)


def test_3mf_is_in_millimeters_and_stands_on_the_bed(tmp_path: Path) -> None:
    import zipfile
    from xml.etree import ElementTree

    before = replace(cube("left <femur> & more"), term="femur", color="#12AB34")
    with zipfile.ZipFile(export(before, tmp_path / "left.3mf")) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
        model = ElementTree.fromstring(packed.read("3D/3dmodel.model"))
    assert names == ["[Content_Types].xml", "_rels/.rels", "3D/3dmodel.model"]
    core = {"c": "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"}
    assert model.get("unit") == "millimeter"
    points = [[float(v.get(a) or "nan") for a in "xyz"] for v in model.iterfind(".//c:vertex", core)]
    np.testing.assert_array_equal(np.float32(points), before.points.astype(np.float32))
    triangles = [
        [int(t.get(f"v{n}") or -1) for n in (1, 2, 3)] for t in model.iterfind(".//c:triangle", core)
    ]
    np.testing.assert_array_equal(triangles, before.triangles)
    (item,) = model.iterfind(".//c:item", core)
    shift = np.array((item.get("transform") or "").split(), float)[9:]
    np.testing.assert_allclose((before.points + shift).min(axis=0), 0, atol=1e-4)
    (base,) = model.iterfind(".//c:base", core)
    assert (base.get("displaycolor"), base.get("name")) == ("#12AB34FF", "left <femur> & more")
    said = {m.get("name"): m.text for m in model.iterfind("c:metadata", core)}
    assert (said["v:space"], said["v:unit"], said["v:side"]) == ("LPS", "mm", "left")
    assert said["Title"] == "left <femur> & more"


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
def test_gltf_is_in_meters_with_the_head_up(tmp_path: Path, suffix: str) -> None:
    """Read by VTK's importer; a point at L 10, P 20, S 30 mm must lie at X 0.01, Y 0.03, Z -0.02 m."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOGeometry import vtkGLTFReader

    before = cube()
    reader = vtkGLTFReader()
    reader.SetFileName(str(export(before, tmp_path / f"left{suffix}")))
    reader.Update()
    leaf = reader.GetOutputDataObject(0)
    while not leaf.IsA("vtkPolyData"):
        leaf = leaf.GetBlock(0)
    seen = vtk_to_numpy(leaf.GetPoints().GetData()).astype(float)
    x, y, z = before.points.T / 1000
    np.testing.assert_allclose(seen, np.stack([x, z, -y], axis=1), atol=0.33 * 2**-23)
    a, b, c = seen[vtk_to_numpy(leaf.GetPolys().GetConnectivityArray()).reshape(-1, 3)].transpose(1, 0, 2)
    # Outward still, so the axes are not mirrored: 10.1³ mm³.
    assert np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6 == pytest.approx(1.030301e-6, rel=1e-4)
    normals = vtk_to_numpy(leaf.GetPointData().GetNormals())
    assert (np.einsum("ij,ij->i", normals, seen - seen.mean(axis=0)) > 0).all()


def test_glb_holds_name_side_color_and_what_its_axes_are(tmp_path: Path) -> None:
    data = export(replace(cube(), color="#FF8000"), tmp_path / "left.glb").read_bytes()
    assert data[:8] == b"glTF\2\0\0\0"
    assert int.from_bytes(data[8:12], "little") == len(data)
    size = int.from_bytes(data[12:16], "little")
    tree = json.loads(data[20 : 20 + size])
    node = tree["nodes"][0]
    assert (node["name"], node["extras"]["side"], node["extras"]["unit"]) == ("left femur", "left", "m")
    assert "(x, z, -y) of LPS" in node["extras"]["space"]
    color = tree["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"]
    np.testing.assert_allclose(color, [1, 0.2158605, 0, 1], atol=1e-6)  # sRGB 128 is 0.2158605 linear


@pytest.mark.parametrize("quadratic", [False, True])
def test_meshes_come_back(tmp_path: Path, quadratic: bool) -> None:
    before = replace(mesh(), term="femur", frame_of_reference="1.2.3")
    if quadratic:  # one element, mid-edge nodes in VTK's order: 01, 12, 02, 03, 13, 23
        corners = before.points[:4]
        pairs = [(0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3)]
        middles = np.array([(corners[a] + corners[b]) / 2 for a, b in pairs])
        before = replace(
            before, points=np.vstack([corners, middles]), tets=np.arange(10, dtype=np.int32)[None],
            regions=np.array([1], np.int32),
        )  # fmt: skip
    after = read(scan([export(before, tmp_path / "left.vtu")]).series[0])
    assert isinstance(after, TetMesh)
    np.testing.assert_array_equal(after.points, before.points)
    np.testing.assert_array_equal(after.tets, before.tets)
    np.testing.assert_array_equal(after.regions, before.regions)
    assert after.region_names == before.region_names
    (patch,) = after.patches
    assert patch.name == "outer"
    np.testing.assert_array_equal(patch.triangles, before.patches[0].triangles)
    for name in ("structure", "term", "side", "frame_of_reference"):
        assert getattr(after, name) == getattr(before, name)


def test_mesh_as_vtu(tmp_path: Path) -> None:
    import pyvista

    seen = pyvista.read(export(mesh(), tmp_path / "femur left.vtu"))
    np.testing.assert_array_equal(seen.points, mesh().points)
    np.testing.assert_array_equal(seen.cells.reshape(-1, 5)[:, 1:], mesh().tets)
    np.testing.assert_array_equal(seen.cell_data["region"], [0, 1])
    np.testing.assert_array_equal(seen.point_data["patch outer"], [1, 1, 1, 0, 0])
    assert list(seen.field_data["regions"]) == ["cortex, marrow"]
    assert seen.volume == pytest.approx(1 / 6 + 1 / 3)  # corner tet 1/6; the one over its far face 1/3


def test_result_as_vtu_holds_each_load_case(tmp_path: Path) -> None:
    import pyvista

    before = result()
    seen = pyvista.read(export(before, tmp_path / "walk.vtu"))
    assert list(seen.field_data["limits"]) == ["no fall; linear"]
    # 700 N body weight times the case's factors 0.5 and -2
    displacement = 350 * before.fields[0].values[0] - 1400 * before.fields[0].values[1]
    np.testing.assert_allclose(seen.point_data["displacement, walking [mm]"], displacement, rtol=1e-12)
    s = 350 * before.fields[1].values[0] - 1400 * before.fields[1].values[1]
    tensor = np.zeros((2, 3, 3))
    for n, (a, b) in enumerate([(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (2, 0)]):
        tensor[:, a, b] = tensor[:, b, a] = s[:, n]
    deviator = tensor - np.trace(tensor, axis1=1, axis2=2)[:, None, None] / 3 * np.eye(3)
    mises = np.sqrt(1.5 * (deviator**2).sum(axis=(1, 2)))
    np.testing.assert_allclose(seen.cell_data["von Mises stress, walking [MPa]"], mises, rtol=1e-12)


def test_numbers_as_csv(tmp_path: Path) -> None:
    path = export(result(), tmp_path / "left.csv")
    with path.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["side"] == "left"
    assert (row["name"], row["value"], row["unit"]) == ("von Mises p99", "81.25", "MPa")
    assert (row["low"], row["high"], row["z_lps_mm"], row["remark"]) == ("70", "92.5", "3", "a, b")
    assert row["causes"] == "density calibration ±20 %: 70 to 92.5"
    assert row["limits"] == "no fall; linear"


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("femur.stl", "femur-left.stl"),
        ("left_femur.stl", "left_femur.stl"),
        ("Femur LEFT 2.stl", "Femur LEFT 2.stl"),
        ("upright.stl", "upright-left.stl"),
    ],
)
def test_side_is_in_the_name(tmp_path: Path, asked: str, written: str) -> None:
    assert export(cube(), tmp_path / asked) == tmp_path / written
    assert [p.name for p in tmp_path.iterdir()] == [written]


def test_image_of_one_side_has_it_in_its_name(tmp_path: Path) -> None:
    one_knee = replace(volume(), identity=Identity(laterality="R"))
    assert export(one_knee, tmp_path / "knee.nii.gz").name == "knee-right.nii.gz"


def test_the_other_side_in_the_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="names the right side, but “left femur” is left"):
        export(cube(), tmp_path / "right femur.stl")
    assert not list(tmp_path.iterdir())


def test_unconfirmed_side_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"unconfirmed, so it is not exported\. Confirm left"):
        export(cube("femur 1 (side unconfirmed)", "unconfirmed"), tmp_path / "femur.stl")
    labels = LabelMap(
        np.ones((2, 2, 2), np.uint8), np.eye(4), (Structure("femur 1", 1, "femur", "unconfirmed"),)
    )
    with pytest.raises(UserError, match="“femur 1” is unconfirmed"):
        export(labels, tmp_path / "bones.nii.gz")
    assert not list(tmp_path.iterdir())


def test_wrong_suffix_lists_the_right_ones(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"surface cannot be written as “a.nii”. It can be written as: .stl, .ply"
    ):
        export(cube(), tmp_path / "a.nii")
    with pytest.raises(UserError, match="there is no folder"):
        export(cube(), tmp_path / "none/left.stl")


def test_a_disk_that_is_read_only_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    # Such a disk refuses both to make a file and to remove one that is not there.
    monkeypatch.setattr(nifti, "write", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(UserError, match=r"ct\.nii\.gz cannot be written: Read-only.*Choose a folder"):
        export(volume(), tmp_path / "ct.nii.gz")


def test_a_stopped_export_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = export(volume(), tmp_path / "ct.nii.gz")
    before = path.read_bytes()
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        export(replace(volume(), slope=9.0), path, Progress(stop=lambda: next(asked)))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["ct.nii.gz"]


def test_curves_and_numbers_of_a_beat_as_csv(tmp_path: Path) -> None:
    times = np.linspace(0.0, 0.8, 5)
    curves = (
        Curve("left ventricle volume", "mL", times, np.array([150.0, 100.0, 60.0, 110.0, 150.0])),
        Curve("twist", "°", times[::2], np.array([0.0, 12.0, 0.0])),
    )
    beat = replace(result(), curves=curves)
    with export(beat, tmp_path / "left.curves.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["time (s)", "left ventricle volume (mL)", "twist (°)"]
    assert [float(x) for x in rows[2]] == pytest.approx([0.2, 100.0, 6.0])  # between 0 and 12
    # What happens at zero is in the name of the column, where it is known.
    pumped = export(replace(beat, solver="coupled to the closed circulation"), tmp_path / "beat.curves.csv")
    assert pumped.read_text(encoding="utf-8").startswith("time (s; 0: the atria begin to contract),")
    with pytest.raises(UserError, match="no curves"):
        export(result(), tmp_path / "none.curves.csv")
    phases = np.array([0.0, 0.5])
    moving = Motion((), phases, 0.8, np.array([150.0, 60.0]), np.array([110.0, 112.0]), 0, 1, beat.numbers)
    with export(moving, tmp_path / "left.curves.csv").open(encoding="utf-8", newline="") as file:
        assert [float(x) for x in list(csv.reader(file))[2]] == pytest.approx([0.4, 60.0, 112.0])
    with export(moving, tmp_path / "left.csv").open(encoding="utf-8", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == [n.name for n in beat.numbers]

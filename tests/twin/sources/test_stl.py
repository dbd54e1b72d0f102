"""The STL reader."""

from pathlib import Path

import numpy as np
import pytest

from twin.domain import Surface
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources import read, scan
from twin.sources.steps import ImportParams, import_images

ASCII = """solid wedge
facet normal 0 0 1
 outer loop
  vertex 0 0 0
  vertex 1 0 0
  vertex 0 1 0
 endloop
endfacet
endsolid wedge
"""


def load(path: Path, **more: str) -> Surface:
    surface = read(scan([path]).series[0], **more)  # type: ignore[arg-type]
    assert isinstance(surface, Surface)
    return surface


def test_stl_does_not_say_its_unit_or_axes(tmp_path: Path) -> None:
    path = tmp_path / "wedge.stl"
    path.write_text(ASCII)
    with pytest.raises(SourceError, match=rf"{path} is STL, which does not say its unit or its axes"):
        load(path)
    with pytest.raises(SourceError, match="does not say its axes"):
        load(path, units="mm")
    surface = load(path, units="cm", space="RAS")
    corners = surface.points[surface.triangles[0]]
    np.testing.assert_array_equal(corners, [[0, 0, 0], [-10, 0, 0], [0, -10, 0]])


def test_slicer_says_its_axes_but_no_unit(tmp_path: Path) -> None:
    path = tmp_path / "bone.stl"
    triangle = np.zeros(50, np.uint8)
    triangle[12:48] = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4").view(np.uint8).ravel()
    head = b"3D Slicer output. SPACE=RAS".ljust(80)
    path.write_bytes(head + (1).to_bytes(4, "little") + triangle.tobytes())
    with pytest.raises(SourceError, match=r"does not say its unit\. Say units mm, cm or m\."):
        load(path)
    np.testing.assert_array_equal(load(path, units="mm").points.min(axis=0), [-1, -1, 0])


def test_real_binary_stl(shared_data: Path) -> None:
    surface = load(shared_data / "ct-hip/m3_lfemur_mm.stl", units="mm", space="LPS")
    a, b, c = surface.points[surface.triangles].transpose(1, 0, 2)
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
    assert volume / 1000 == pytest.approx(184.8, abs=0.05)  # README: 184.8 mL
    edges = np.sort(np.concatenate([surface.triangles[:, p] for p in ([0, 1], [1, 2], [2, 0])]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()  # closed once points are joined


def test_surfaces_beside_a_scan_do_not_stop_its_import(shared_data: Path) -> None:
    made = import_images(ImportParams((str(shared_data / "ct-hip"),)), Progress())
    assert list(made.outputs) == ["volume"]
    assert [w for w in made.summary["left_out"] if "m3_lfemur_mm.stl: STL does not say" in w]
    said = ImportParams((str(shared_data / "ct-hip/m3_lfemur_mm.stl"),), units="mm", space="LPS")
    assert list(import_images(said, Progress()).outputs) == ["surface"]


@pytest.mark.parametrize(
    "content", [b"", b"solid but not much", b"x" * 83, b"y" * 80 + b"\xff\xff\0\0" + b"z" * 99]
)
def test_broken_stl(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.stl"
    path.write_bytes(content)
    found = scan([path])
    if content:
        with pytest.raises(SourceError, match=rf"{path} is a truncated or broken STL file"):
            load(path, units="mm", space="LPS")
    else:
        assert found.problems == (f"{path} is empty (0 bytes).",)

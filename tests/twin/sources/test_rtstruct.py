"""The RTSTRUCT reader: contours to voxels, and where their image comes from."""

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from tests.twin.sources import made
from tests.twin.sources.drawn import SQUARE, structure_set
from twin.domain import LabelMap
from twin.errors import SourceError, UserError
from twin.progress import Progress
from twin.record import Record
from twin.run import prepare, run
from twin.sources import read, scan
from twin.sources.contours import fill
from twin.sources.drawn_on import contours_only, image_for
from twin.sources.steps import ImportParams, import_images

HOLE = [(1.5, 1.5), (1.5, 3.5), (3.5, 3.5), (3.5, 1.5)]


def both(folder: Path, rois: dict[str, list[Any]], **tags: Any) -> LabelMap:
    """Import the structure set with its images and return the labelmap."""
    made.write_series(folder / "ct")
    structure_set(folder / "rs.dcm", rois, **tags)
    outputs = import_images(ImportParams((str(folder),)), Progress()).outputs
    labels = outputs["labelmap"]
    assert isinstance(labels, LabelMap)
    np.testing.assert_array_equal(labels.affine, outputs["volume"].affine)  # type: ignore[union-attr]
    return labels


def ring() -> np.ndarray:
    """Centres 1..4 are inside the square, 2..3 in the hole: 16 - 4 voxels."""
    mask = np.zeros((6, 7), bool)
    mask[1:5, 1:5] = True
    mask[2:4, 2:4] = False
    return mask


KEYHOLE = [SQUARE[0], *HOLE, HOLE[0], *SQUARE]


@pytest.mark.parametrize(
    "contours",
    [
        [(2, SQUARE), (2, HOLE)],
        [(2, SQUARE), (2, HOLE[::-1])],
        [(2, SQUARE, "CLOSEDPLANAR_XOR"), (2, HOLE, "CLOSEDPLANAR_XOR")],
        [(2, KEYHOLE)],
    ],
)
def test_holes_and_keyholes(tmp_path: Path, contours: list[Any]) -> None:
    labels = both(tmp_path, {"ring": contours})
    assert labels.labels.shape == (5, 6, 7)
    np.testing.assert_array_equal(labels.mask("ring")[2], ring())
    assert labels.mask("ring").sum() == 12
    (structure,) = labels.structures
    assert (structure.color, structure.side) == ("#FF8000", "none")
    assert labels.frame_of_reference == "1.2.3.9"


def test_what_overlaps_lies_in_layers_and_names_stay_apart(tmp_path: Path) -> None:
    labels = both(tmp_path, {"a": [(1, SQUARE)], "b": [(1, HOLE)], "b ": [(3, HOLE)]})
    assert [(s.name, s.layer) for s in labels.structures] == [("a", 0), ("b", 1), ("b 2", 0)]
    assert labels.mask("b").sum() == 4


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    labels = both(
        tmp_path,
        {
            "organ": [(0, SQUARE), (3, SQUARE), (99, SQUARE), (1, SQUARE, "OPEN_PLANAR")],
            "isocenter": [(2, [(3, 3)], "POINT")],
        },
    )
    assert [s.name for s in labels.structures] == ["organ"]
    assert labels.notes == (
        "“organ”: 1 points or open lines, which bound no area, were left out.",
        "“organ”: 1 contours lie outside the image and were left out.",
        "“organ”: 2 slices between its ends have no contour and stay empty.",
        "“isocenter”: 1 points or open lines, which bound no area, were left out.",
        "“isocenter” has no closed contour and was left out.",
    )


def test_contours_of_other_slices_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="“a” that do not lie in the slices of the image"):
        both(tmp_path, {"a": [(1.5, SQUARE)]})


def test_contours_alone_need_their_images(tmp_path: Path) -> None:
    path = structure_set(tmp_path / "rs.dcm", {"a": [(1, SQUARE)]})
    with pytest.raises(SourceError, match=r"need the images that they were drawn on \(series 1\.2\.3\.4\)"):
        import_images(ImportParams((str(path),)), Progress())
    made.write_series(tmp_path / "other", SeriesInstanceUID="9.9.9")
    alone = import_images(ImportParams((str(tmp_path),)), Progress())
    assert list(alone.outputs) == ["volume"]
    assert "its contours need the images" in alone.summary["left_out"][0]


def test_the_record_is_searched_for_the_image(tmp_path: Path) -> None:
    made.write_series(tmp_path / "ct")
    made.write_series(tmp_path / "other", SeriesInstanceUID="9.9.9")  # of the same frame of reference
    path = structure_set(tmp_path / "rs.dcm", {"a": [(1, SQUARE)]})
    series = contours_only([path])
    assert series is not None
    with Record.create(tmp_path / "r.twin") as record:
        with pytest.raises(SourceError, match="not in the record"):
            image_for(series, record.entries())
        for folder in ("other", "ct"):
            run(record, prepare(record, "import.images", {}, {"paths": (str(tmp_path / folder),)}))
        image = image_for(series, record.entries())
        assert record.find(image).tree["identity"]["series_uid"] == "1.2.3.4"
        run(record, prepare(record, "import.contours", {"image": image}, {"paths": (str(path),)}))
        labels = record.load("l1")
        assert isinstance(labels, LabelMap)
        assert labels.mask("a").sum() == 16
        # Only its space is known now, and two images lie in it.
        vague = structure_set(
            tmp_path / "vague.dcm", {"a": [(1, SQUARE)]}, ReferencedFrameOfReferenceSequence=[]
        )
        lost = contours_only([vague])
        assert lost is not None
        with pytest.raises(SourceError, match=r"several images here: v1 “.*”, v2 “.*”"):
            image_for(lost, record.entries())
        stranger = structure_set(tmp_path / "x.dcm", {"a": [(1, SQUARE)]}, PatientID="23", PatientName="X")
        call = prepare(record, "import.contours", {"image": image}, {"paths": (str(stranger),)})
        with pytest.raises(SourceError, match="of 2 patients"):
            run(record, call)
    with pytest.raises(UserError, match="several structure sets"):
        contours_only([path, vague])
    assert contours_only([path, tmp_path / "ct"]) is None


def test_another_space_is_refused(tmp_path: Path) -> None:
    made.write_series(tmp_path / "ct", FrameOfReferenceUID="7.7")
    path = structure_set(tmp_path / "rs.dcm", {"a": [(1, SQUARE)]})
    found = scan([tmp_path])
    volume = read(next(s for s in found.series if s.format == "dicom"))
    (series,) = scan([path]).series
    with pytest.raises(SourceError, match=r"another space \(frame of reference 1\.2\.3\.9\)"):
        read(series, image=volume)  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_truncated(tmp_path: Path, share: float) -> None:
    path = structure_set(tmp_path / "rs.dcm", {"a": [(1, SQUARE)] * 40})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    made.write_series(tmp_path / "ct")
    found = scan([tmp_path])
    assert any(str(path) in p for p in found.problems) or any(s.format == "rtstruct" for s in found.series)


def test_half_open_edges_share_no_voxel() -> None:
    """Two squares side by side whose common edge runs through centres: each centre belongs to one."""
    left = fill([np.array([(0, 0), (2, 0), (2, 3), (0, 3)], float)], (5, 5))
    right = fill([np.array([(2, 0), (4, 0), (4, 3), (2, 3)], float)], (5, 5))
    assert not (left & right).any()
    assert (left | right).sum() == 12  # 4 · 3


def test_a_circle_has_its_area() -> None:
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    circle = np.column_stack([100 + 80 * np.cos(angle), 100 + 80 * np.sin(angle)])
    # Gauss's circle problem: the error of such counts is some r^(2/3), 0.1 % here.
    assert fill([circle], (200, 200)).sum() == pytest.approx(np.pi * 80**2, rel=2e-3)


@pytest.mark.parametrize("implicit", [False, True])
def test_a_file_without_preamble_is_known_too(tmp_path: Path, implicit: bool) -> None:
    before = both(tmp_path, {"square": [(1, SQUARE)]})
    path = tmp_path / "rs.dcm"
    ds = pydicom.dcmread(path)
    del ds.file_meta, ds.preamble
    pydicom.dcmwrite(path, ds, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    assert path.read_bytes()[:2] == b"\x08\x00"
    after = import_images(ImportParams((str(tmp_path),)), Progress()).outputs["labelmap"]
    assert isinstance(after, LabelMap)
    np.testing.assert_array_equal(after.labels, before.labels)

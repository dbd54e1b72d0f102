"""The NRRD reader: places, packings, detached files, Slicer's segmentations. pynrrd is the peer."""

import bz2
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.domain import LabelMap, Volume
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources import read, scan
from twin.sources.steps import ImportParams, import_images

DATA = np.arange(3 * 4 * 5, dtype="<i2").reshape(5, 4, 3) - 7
HEAD = {
    "type": "short", "dimension": "3", "space": "left-posterior-superior", "sizes": "3 4 5",
    "space directions": "(2,0,0) (0,3,0) (0,0,4)", "kinds": "domain domain domain", "endian": "little",
    "encoding": "raw", "space origin": "(-10,20,30)", "space units": '"mm" "mm" "mm"',
}  # fmt: skip


def nrrd(path: Path, data: bytes = DATA.tobytes(), said: dict[str, str] | None = None, **fields: str) -> Path:
    head = HEAD | {key.replace("_", " "): value for key, value in fields.items()}
    lines = ["NRRD0004", "# a comment", *(f"{k}: {v}" for k, v in head.items() if v)]
    lines += [f"{k}:={v}" for k, v in (said or {}).items()]
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + data)
    return path


def load(path: Path, **more: str) -> Volume:
    (series,) = scan([path]).series
    volume = read(series, **more)  # type: ignore[arg-type]
    assert isinstance(volume, Volume)
    return volume


def fault(path: Path) -> str:
    with pytest.raises(SourceError) as error:
        import_images(ImportParams((str(path),)), Progress())
    return str(error.value)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("raw", bytes),
        ("gzip", gzip.compress),
        ("gz", lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:])),
        ("bzip2", bz2.compress),
        ("ascii", lambda data: b" ".join(b"%d" % n for n in np.frombuffer(data, "<i2"))),
    ],
)
@pytest.mark.parametrize("detached", [False, True])
def test_packings_attached_and_detached(tmp_path: Path, encoding: str, pack: object, detached: bool) -> None:
    packed = pack(DATA.tobytes())  # type: ignore[operator]
    if detached:
        (tmp_path / "grid.bin").write_bytes(packed)
        path = nrrd(tmp_path / "grid.nhdr", b"", encoding=encoding, data_file="grid.bin")
    else:
        path = nrrd(tmp_path / "grid.nrrd", packed, encoding=encoding)
    volume = load(path)
    np.testing.assert_array_equal(volume.voxels, DATA)
    np.testing.assert_array_equal(volume.affine, [[2, 0, 0, -10], [0, 3, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1]])
    assert volume.notes == ()


def test_slices_in_files_of_their_own(tmp_path: Path) -> None:
    for k, plane in enumerate(DATA):
        (tmp_path / f"s{k + 1:02d}.raw").write_bytes(b"head" + plane.tobytes())
    names = "\n".join(f"s{k:02d}.raw" for k in range(1, 6))
    for spread in ("s%02d.raw 1 5 1", f"LIST\n{names}"):
        path = nrrd(tmp_path / "grid.nhdr", b"", byte_skip="4", data_file=spread)
        np.testing.assert_array_equal(load(path).voxels, DATA)
    (tmp_path / "s03.raw").unlink()
    assert "s03.raw is not there" in fault(path)


def test_skipped_lines_and_bytes(tmp_path: Path) -> None:
    body = b"a line\nanother\nxyz" + DATA.tobytes()
    path = nrrd(tmp_path / "a.nrrd", body, line_skip="2", byte_skip="3")
    np.testing.assert_array_equal(load(path).voxels, DATA)
    np.testing.assert_array_equal(load(nrrd(tmp_path / "b.nrrd", body, byte_skip="-1")).voxels, DATA)
    big = nrrd(tmp_path / "c.nrrd", DATA.astype(">i2").tobytes(), endian="big")
    np.testing.assert_array_equal(load(big).voxels, DATA)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.permutations(range(3)),
    st.tuples(*[st.sampled_from([-1.0, 1.0])] * 3),
    st.tuples(*[st.floats(0.3, 5)] * 3),
    st.sampled_from(["LPS", "RAS", "left-anterior-superior", "right-anterior-superior"]),
)
def test_every_orientation_keeps_every_voxel_in_its_place(
    tmp_path: Path, axes: list[int], flips: tuple[float, ...], spacing: tuple[float, ...], space: str
) -> None:
    directions = (np.diag(flips) @ np.eye(3)[axes]) * spacing
    columns = " ".join("(" + ",".join(map(repr, map(float, d))) + ")" for d in directions.T)
    volume = load(nrrd(tmp_path / "grid.nrrd", space=space, space_directions=columns))
    assert np.linalg.det(volume.affine) > 0
    signs = {"L": (1, 1), "R": (-1, -1)}[space[0].upper()] if "left-a" not in space else (1, -1)
    k, j, i = np.indices(volume.shape)
    lps = np.stack([i, j, k, np.ones_like(i)], axis=-1) @ volume.affine.T
    there = lps[..., :3] * (*signs, 1) - (-10, 20, 30)
    index = np.rint(there @ np.linalg.inv(directions).T).astype(int)
    np.testing.assert_allclose(index @ directions.T, there, atol=1e-9)
    np.testing.assert_array_equal(volume.voxels, DATA[tuple(index[..., ::-1].transpose(3, 0, 1, 2))])


def test_time_may_be_any_axis(tmp_path: Path) -> None:
    cine = np.arange(2 * 60, dtype="<i2").reshape(2, 5, 4, 3)
    last = nrrd(
        tmp_path / "a.nrrd", cine.tobytes(), dimension="4", sizes="3 4 5 2",
        space_directions="(2,0,0) (0,3,0) (0,0,4) none", kinds="domain domain domain time",
        spacings="nan nan nan 0.03", units='"" "" "" "s"',
    )  # fmt: skip
    first = nrrd(
        tmp_path / "b.nrrd", np.moveaxis(cine, 0, -1).tobytes(), dimension="4", sizes="2 3 4 5",
        space_directions="none (2,0,0) (0,3,0) (0,0,4)", kinds="list domain domain domain",
    )  # fmt: skip
    timed = nrrd(
        tmp_path / "c.nrrd", cine.tobytes(), dimension="4", sizes="3 4 5 2",
        space="left-posterior-superior-time", space_origin="(-10,20,30,0)", kinds="",
        space_directions="(2,0,0,0) (0,3,0,0) (0,0,4,0) (0,0,0,30)", space_units='"mm" "mm" "mm" "ms"',
    )  # fmt: skip
    for path, times in ((last, [0, 30]), (first, None), (timed, [0, 30])):
        volume = load(path)
        np.testing.assert_array_equal(volume.voxels, cine)
        np.testing.assert_array_equal(volume.spacing_mm, [2, 3, 4])
        if times is None:
            assert volume.times_ms is None
        else:
            np.testing.assert_allclose(volume.times_ms, times)


def test_meters_become_millimeters_and_silence_is_noted(tmp_path: Path) -> None:
    meters = nrrd(
        tmp_path / "m.nrrd", space_units='"m" "m" "m"', space_origin="(0,0,1)",
        space_directions="(0.002,0,0) (0,0.003,0) (0,0,0.004)",
    )  # fmt: skip
    np.testing.assert_allclose(load(meters).spacing_mm, [2, 3, 4])
    assert load(meters).affine[2, 3] == 1000
    assert "does not name its unit" in load(nrrd(tmp_path / "s.nrrd", space_units="")).notes[0]
    assert "parsec" in fault(nrrd(tmp_path / "p.nrrd", space_units='"parsec" "parsec" "parsec"'))


def test_colors(tmp_path: Path) -> None:
    rgb = np.zeros((5, 4, 3, 3), np.uint8)
    rgb[..., 1], rgb[0, 0, 0, 2] = 100, 1
    path = nrrd(
        tmp_path / "c.nrrd", rgb.tobytes(), type="uchar", dimension="4", sizes="3 3 4 5",
        space_directions="none (2,0,0) (0,3,0) (0,0,4)", kinds="RGB-color domain domain domain",
    )  # fmt: skip
    volume = load(path)
    assert volume.color
    assert volume.voxels.shape == (5, 4, 3)
    assert volume.voxels[0, 0, 0] == 0x006401  # green 100 is 64
    assert set(volume.voxels.ravel()) == {0x006400, 0x006401}


SEGMENTS = {
    "Segment0_ID": "Segment_1", "Segment0_Name": "left femur", "Segment0_Color": "0.5 1 0",
    "Segment0_LabelValue": "1", "Segment0_Layer": "0",
    "Segment0_Tags": "Segmentation.Status:done|TerminologyEntry:list~SCT^123037004^Anatomical Structure"
    "~SCT^71341001^Femur~SCT^7771000^Left~Anatomic codes~^^~^^|",
    "Segment1_ID": "Segment_2", "Segment1_Name": "tumor", "Segment1_Color": "1 0 0",
    "Segment1_LabelValue": "1", "Segment1_Layer": "1",
}  # fmt: skip


def test_slicers_segmentation_with_layers(tmp_path: Path) -> None:
    """As 3D Slicer 5 writes two segments that overlap: a list axis first, one layer each."""
    layers = np.zeros((5, 4, 3, 2), np.uint8)
    layers[1:4, 1:3, :, 0] = 1
    layers[2, 1, 1, 1] = 1
    path = nrrd(
        tmp_path / "s.seg.nrrd", gzip.compress(layers.tobytes()), SEGMENTS, type="unsigned char",
        dimension="4", sizes="2 3 4 5", kinds="list domain domain domain", encoding="gzip",
        space_directions="none (2,0,0) (0,3,0) (0,0,4)",
    )  # fmt: skip
    (series,) = scan([path]).series
    assert series.kind == "labelmap"
    labels = read(series)
    assert isinstance(labels, LabelMap)
    assert labels.mask("left femur").sum() == 18  # 3·2·3
    assert np.argwhere(labels.mask("tumor")).tolist() == [[2, 1, 1]]
    femur, tumor = labels.structures
    assert (femur.side, femur.color, tumor.side, tumor.color) == ("left", "#80FF00", "none", "#FF0000")


def test_slicers_old_segmentation_has_a_layer_each(tmp_path: Path) -> None:
    layers = np.zeros((5, 4, 3, 2), np.uint8)
    layers[0, 0, 0, 1] = 1
    said = {k: v for k, v in SEGMENTS.items() if not k.endswith(("Layer", "LabelValue"))}
    path = nrrd(
        tmp_path / "s.seg.nrrd", layers.tobytes(), said, type="unsigned char", dimension="4", sizes="2 3 4 5",
        kinds="list domain domain domain", space_directions="none (2,0,0) (0,3,0) (0,0,4)",
    )  # fmt: skip
    labels = read(scan([path]).series[0])
    assert isinstance(labels, LabelMap)
    assert labels.mask("left femur").sum() == 0
    assert labels.mask("tumor").sum() == 1


def test_a_real_scan_and_its_tumor(shared_data: Path) -> None:
    folder = shared_data / "mr-brain-tumour"
    labels = read(scan([folder / "brain1_label.nrrd"]).series[0], kind="labelmap")
    assert isinstance(labels, LabelMap)
    volume_ml = labels.mask("label 1").sum() * labels.spacing_mm.prod() / 1000
    assert volume_ml == pytest.approx(16.4, abs=0.05)  # README: 16.4 mL
    ours = load(folder / "brain1_image.nrrd", modality="MR")
    np.testing.assert_allclose(ours.affine, labels.affine)
    nrrd = pytest.importorskip("nrrd", reason="pynrrd is not installed")
    theirs, _header = nrrd.read(str(folder / "brain1_image.nrrd"))
    # The file's grid is left-handed, which pynrrd leaves as it is: k was turned over here.
    np.testing.assert_array_equal(ours.voxels[::-1], theirs.T)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"space": ""}, "does not say how it lies in the patient"),
        ({"space": "scanner-xyz"}, "its space is “scanner-xyz”"),
        ({"space_origin": ""}, "does not say how it lies"),
        ({"space_origin": "(1,2)"}, "its space origin “\\(1,2\\)”"),
        ({"space_directions": "(1,0,0) (0,1,0)"}, "its space directions"),
        ({"space_directions": "(1,0,0) (0,1,0) (0,0,nan)"}, "no number"),
        ({"space_directions": "(1,0,0) (0,1,0) (0,0,0)"}, "not one of a grid"),
        ({"space_directions": "(1,0,0) (0,1,0) (0,0.3,1)"}, "16.7° off a right angle"),
        ({"sizes": "3 4"}, "its sizes “3 4” in dimension “3”"),
        ({"sizes": "3 4 -5"}, "its sizes"),
        ({"sizes": "3 4 999999"}, "it claims 23,999,976 bytes of image"),
        ({"sizes": "3 4 99999999999999999999"}, "it claims"),
        ({"type": "block"}, "holds “block”"),
        ({"encoding": "hex"}, "packed as “hex”"),
        ({"encoding": "gzip"}, "truncated or broken"),
        ({"endian": ""}, "does not say its endian"),
        ({"byte_skip": "99999999"}, "truncated or broken"),
        ({"byte_skip": "x"}, "byte skip is “x”"),
        ({"data_file": "elsewhere.raw"}, "elsewhere.raw is not there"),
        ({"dimension": "2", "sizes": "3 20"}, "has 2 axes"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, fields: dict[str, str], says: str) -> None:
    import re

    message = fault(nrrd(tmp_path / "bad.nrrd", **fields))
    assert "bad.nrrd" in message
    assert re.search(says, message), message


def test_bombs_are_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    zeros = bz2.compress(bytes(1_000_000))
    bomb = nrrd(tmp_path / "bomb.nrrd", zeros, sizes="99999 99999 999", encoding="bzip2")
    assert re_any(fault(bomb), "it claims", "GB of memory are free")
    short = nrrd(tmp_path / "short.nrrd", zeros, sizes="1000 1000 100", encoding="bzip2")
    assert "1,000,000 of 200,000,000 bytes of its image are there" in fault(short)


def re_any(text: str, *parts: str) -> bool:
    return any(part in text for part in parts)

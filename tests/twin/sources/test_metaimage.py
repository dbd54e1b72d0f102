"""The MetaImage reader; VTK's own writer makes the files of the peer test."""

import zlib
from pathlib import Path

import numpy as np
import pytest

from twin.domain import LabelMap, Volume
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources import read, scan
from twin.sources.steps import ImportParams, import_images

DATA = np.arange(3 * 4 * 5, dtype="<i2").reshape(5, 4, 3) - 7
HEAD = {
    "ObjectType": "Image", "NDims": "3", "BinaryData": "True", "BinaryDataByteOrderMSB": "False",
    "CompressedData": "False", "TransformMatrix": "0 1 0 1 0 0 0 0 -1", "Offset": "-10 20 30",
    "CenterOfRotation": "0 0 0", "AnatomicalOrientation": "AIL", "ElementSpacing": "2 3 4",
    "DimSize": "3 4 5", "ElementType": "MET_SHORT", "ElementDataFile": "LOCAL",
}  # fmt: skip


def meta(path: Path, data: bytes = DATA.tobytes(), **fields: str) -> Path:
    head = HEAD | fields
    head["ElementDataFile"] = head.pop("ElementDataFile")  # it comes last: the image follows
    path.write_bytes("".join(f"{k} = {v}\n" for k, v in head.items() if v).encode() + data)
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


def test_rows_of_the_matrix_are_the_directions_of_the_axes(tmp_path: Path) -> None:
    """i runs along y, j along x, k down z: right-handed, since swapping two and turning one is a rotation."""
    volume = load(meta(tmp_path / "a.mha"))
    np.testing.assert_array_equal(
        volume.affine, [[0, 3, 0, -10], [2, 0, 0, 20], [0, 0, -4, 30], [0, 0, 0, 1]]
    )
    np.testing.assert_array_equal(volume.voxels, DATA)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("MET_CHAR", "i1"), ("MET_UCHAR", "u1"), ("MET_SHORT", "i2"), ("MET_USHORT", "u2"), ("MET_INT", "i4"),
        ("MET_UINT", "u4"), ("MET_LONG_LONG", "i8"), ("MET_FLOAT", "f4"), ("MET_DOUBLE", "f8"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_element_types(tmp_path: Path, name: str, dtype: str, big: bool, packed: bool) -> None:
    data = np.arange(60).reshape(5, 4, 3).astype((">" if big else "<") + dtype)
    body = zlib.compress(data.tobytes()) if packed else data.tobytes()
    (tmp_path / "body.zraw").write_bytes(body)
    for path, where in ((tmp_path / "a.mha", "LOCAL"), (tmp_path / "a.mhd", "body.zraw")):
        volume = load(
            meta(
                path, body if where == "LOCAL" else b"", ElementType=name, BinaryDataByteOrderMSB=str(big),
                CompressedData=str(packed), ElementDataFile=where,
            )
        )  # fmt: skip
        assert volume.voxels.dtype == dtype
        np.testing.assert_array_equal(volume.voxels, data)


def test_slices_in_files_and_a_header_to_pass_over(tmp_path: Path) -> None:
    for k, plane in enumerate(DATA):
        (tmp_path / f"s{k:03d}.raw").write_bytes(b"header" + plane.tobytes())
    for spread in ("s%03d.raw 0 4 1", "LIST\n" + "\n".join(f"s{k:03d}.raw" for k in range(5))):
        for size in ("6", "-1"):
            path = meta(tmp_path / "a.mhd", b"", HeaderSize=size, ElementDataFile=spread)
            np.testing.assert_array_equal(load(path).voxels, DATA)


def test_scale_modality_time_and_unit(tmp_path: Path) -> None:
    scaled = load(
        meta(
            tmp_path / "a.mha", Modality="MET_MOD_CT", DistanceUnits="cm",
            ElementToIntensityFunctionSlope="2", ElementToIntensityFunctionOffset="-5",
        )
    )  # fmt: skip
    assert (scaled.modality, scaled.unit, scaled.slope, scaled.intercept) == ("CT", "", 2.0, -5.0)
    assert "leaves the unit of its values open" in scaled.notes[-1]  # −5 to 113: a CT spans far more
    np.testing.assert_array_equal(scaled.spacing_mm, [20, 30, 40])
    cine = load(
        meta(
            tmp_path / "b.mha", DATA.tobytes() * 2, NDims="4", DimSize="3 4 5 2", Offset="0 0 0 0",
            TransformMatrix="1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1", ElementSpacing="2 3 4 1",
        )
    )  # fmt: skip
    assert cine.voxels.shape == (2, 5, 4, 3)
    assert "does not say when" in cine.notes[0]


def test_colors(tmp_path: Path) -> None:
    rgb = np.zeros((5, 4, 3, 3), np.uint8)
    rgb[..., 0] = 7
    volume = load(
        meta(tmp_path / "a.mha", rgb.tobytes(), ElementType="MET_UCHAR", ElementNumberOfChannels="3")
    )
    assert volume.color
    assert set(volume.voxels.ravel()) == {0x070000}


def test_without_a_matrix_the_axes_are_asked_for(tmp_path: Path) -> None:
    path = meta(tmp_path / "a.mha", TransformMatrix="")
    (series,) = scan([path]).series
    assert not series.is_volume
    assert "say space" in fault(path)
    np.testing.assert_array_equal(load(path, space="LPS").affine[:3, 3], [-10, 20, 30])
    ras = load(path, space="RAS")
    np.testing.assert_array_equal(ras.affine[:3], [[-2, 0, 0, 10], [0, -3, 0, -20], [0, 0, 4, 30]])
    asked = import_images(ImportParams((str(path),), space="RAS"), Progress())
    assert list(asked.outputs) == ["volume"]


def test_labels_where_that_is_said(tmp_path: Path) -> None:
    path = meta(tmp_path / "a.mha", (DATA + 7).tobytes())
    labels = read(scan([path]).series[0], kind="labelmap")
    assert isinstance(labels, LabelMap)
    assert len(labels.structures) == 59
    (tmp_path / "a.json").write_text('{"structures": [{"name": "left femur", "label": 3, "side": "left"}]}')
    (series,) = scan([path]).series
    assert series.kind == "labelmap"
    assert read(series).structures[0].side == "left"  # type: ignore[union-attr]


def test_what_vtk_writes_is_read(tmp_path: Path) -> None:
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkIOImage import vtkMetaImageWriter

    image = vtkImageData()
    image.SetDimensions(3, 4, 5)
    image.SetSpacing(2, 3, 4)
    image.SetOrigin(-10, 20, 30)
    image.GetPointData().SetScalars(numpy_to_vtk(DATA.ravel(), deep=True))
    writer = vtkMetaImageWriter()
    writer.SetInputData(image)
    writer.SetCompression(True)
    writer.SetFileName(str(tmp_path / "vtk.mhd"))
    writer.SetRAWFileName(str(tmp_path / "vtk.zraw"))
    writer.Write()
    volume = load(tmp_path / "vtk.mhd", space="LPS")  # VTK 9.7 writes a matrix; older ones none
    np.testing.assert_array_equal(volume.voxels, DATA)
    np.testing.assert_array_equal(volume.affine[:3, 3], [-10, 20, 30])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"NDims": ""}, "NDims is “”"),
        ({"NDims": "2", "DimSize": "3 20"}, "has 2 axes"),
        ({"DimSize": "3 4"}, "DimSize is “3 4”"),
        ({"DimSize": "3 4 9999999"}, "it claims"),
        ({"ElementSpacing": ""}, "how big its voxels are"),
        ({"ElementSpacing": "1 1 nan"}, "ElementSpacing is “1 1 nan”"),
        ({"TransformMatrix": "1 0 0 0 1 0 0 0.3 1"}, "16.7° off a right angle"),
        ({"TransformMatrix": "1 0 0 0 1 0 0 0 0"}, "not one of a grid"),
        ({"ElementType": "MET_STRING"}, "holds MET_STRING"),
        ({"ElementNumberOfChannels": "3"}, "MET_SHORT × 3"),
        ({"BinaryData": "False"}, "as text"),
        ({"CompressedData": "True"}, "truncated or broken"),
        ({"DistanceUnits": "parsec"}, "“parsec”"),
        ({"ElementDataFile": "gone.raw"}, "gone.raw is not there"),
        ({"ElementDataFile": ""}, "names no image"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, fields: dict[str, str], says: str) -> None:
    message = fault(meta(tmp_path / "bad.mha", **fields))
    assert "bad.mha" in message
    assert says in message


def test_text_called_mha(tmp_path: Path) -> None:
    (tmp_path / "notes.mha").write_text("Seen on Monday.")
    assert "notes.mha is called .mha but is no MetaImage" in fault(tmp_path / "notes.mha")

"""Every transfer syntax in common use, on pictures packed here by gdcm: gray, signed, color."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.twin.sources import made
from tests.twin.sources.test_modalities import US, packed, picture
from twin.domain import Volume
from twin.sources import read, scan

gdcm = pytest.importorskip("gdcm")

LOSSLESS = {
    "1.2.840.10008.1.2.4.57": "JPEGLosslessProcess14",
    "1.2.840.10008.1.2.4.70": "JPEGLosslessProcess14_1",
    "1.2.840.10008.1.2.4.80": "JPEGLSLossless",
    "1.2.840.10008.1.2.4.90": "JPEG2000Lossless",
    "1.2.840.10008.1.2.5": "RLELossless",
    "1.2.840.10008.1.2.1.99": "DeflatedExplicitVRLittleEndian",
    "1.2.840.10008.1.2.2": "ExplicitVRBigEndian",
}
JPEG_BASELINE = ("1.2.840.10008.1.2.4.50", "JPEGBaselineProcess1")
JPEG_2000 = ("1.2.840.10008.1.2.4.91", "JPEG2000")
NEAR_LOSSLESS = ("1.2.840.10008.1.2.4.81", "JPEGLSNearLossless")


def smooth(*shape: int) -> NDArray[np.float64]:
    """A picture as smooth as a body, 0..1, with noise of 1 %."""
    rows, columns = np.meshgrid(np.linspace(0, 3, shape[-2]), np.linspace(0, 5, shape[-1]), indexing="ij")
    noise = np.random.default_rng(8).normal(0, 0.01, shape)
    return np.clip((np.sin(rows) * np.cos(columns) + 1) / 2 + noise, 0, 1)


def repack(path: Path, syntax: str, name: str) -> None:
    """Write a file's pictures anew in another transfer syntax."""
    if "Deflated" in name:
        import pydicom

        ds = pydicom.dcmread(path)
        ds.file_meta.TransferSyntaxUID = syntax
        ds.save_as(path)
        return
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, name)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    assert syntax.encode() in path.read_bytes()[:1000]


def only(folder: Path) -> Volume:
    (series,) = scan([folder]).series
    volume = read(series)
    assert isinstance(volume, Volume)
    return volume


@pytest.mark.parametrize("syntax", LOSSLESS)
def test_signed_16_bits_come_back_exactly(tmp_path: Path, syntax: str) -> None:
    stored = (smooth(3, 40, 52) * 3000 - 1000).astype(np.int16)
    for path in made.write_series(tmp_path, stored):
        repack(path, syntax, LOSSLESS[syntax])
    volume = only(tmp_path)
    np.testing.assert_array_equal(volume.voxels, stored)
    assert volume.voxels.dtype == np.int16


@pytest.mark.parametrize("syntax", [s for s in LOSSLESS if not s.endswith(".2.2")])
def test_twelve_of_sixteen_bits_come_back_exactly(tmp_path: Path, syntax: str) -> None:
    stored = (smooth(2, 31, 45) * 4095).astype(np.uint16)
    twelve: dict[str, Any] = {"PixelRepresentation": 0, "BitsStored": 12, "HighBit": 11}
    for path in made.write_series(tmp_path, stored.astype(np.int16), **twelve):
        repack(path, syntax, LOSSLESS[syntax])
    np.testing.assert_array_equal(only(tmp_path).voxels, stored)


@pytest.mark.parametrize("syntax", [s for s in LOSSLESS if not s.endswith(".2.2")])
def test_color_in_time_comes_back_exactly(tmp_path: Path, syntax: str) -> None:
    film = np.stack([(smooth(3, 40, 52) * (200 + 20 * n)).astype(np.uint8) for n in range(3)], axis=-1)
    picture(tmp_path, film, **US)
    repack(tmp_path / "a.dcm", syntax, LOSSLESS[syntax])
    volume = only(tmp_path)
    assert volume.color
    np.testing.assert_array_equal(volume.voxels[:, 0], packed(film))


@pytest.mark.parametrize("syntax", [JPEG_BASELINE, JPEG_2000, NEAR_LOSSLESS])
def test_lossy_gray_comes_back_nearly(tmp_path: Path, syntax: tuple[str, str]) -> None:
    film = (smooth(2, 40, 52) * 255).astype(np.uint8)
    picture(tmp_path, film, **US)
    repack(tmp_path / "a.dcm", *syntax)
    volume = only(tmp_path)
    off = volume.voxels[:, 0].astype(float) - film
    # noise of 2.55 levels is about what a lossy coder may drop
    assert np.sqrt((off**2).mean()) < 3
    assert volume.voxels.dtype == np.uint8


def test_lossy_gray_of_twelve_bits_comes_back_nearly(tmp_path: Path) -> None:
    stored = (smooth(2, 40, 52) * 4095).astype(np.uint16)
    twelve: dict[str, Any] = {"PixelRepresentation": 0, "BitsStored": 12, "HighBit": 11}
    for path in made.write_series(tmp_path, stored.astype(np.int16), **twelve):
        repack(path, "1.2.840.10008.1.2.4.51", "JPEGExtendedProcess2_4")
    off = only(tmp_path).voxels.astype(float) - stored
    assert np.sqrt((off**2).mean()) < 41  # the noise, 1 % of 4095


@pytest.mark.parametrize("said", ["RGB", "YBR_FULL_422"])
def test_lossy_color_comes_back_nearly_whatever_its_header_calls_it(tmp_path: Path, said: str) -> None:
    """The packed picture holds luminance and color, two to one, under a header that says RGB, as some do."""
    import pydicom

    film = np.stack([(smooth(1, 40, 52)[0] * top).astype(np.uint8) for top in (250, 120, 30)], axis=-1)
    picture(tmp_path, film, **US)
    repack(tmp_path / "a.dcm", *JPEG_BASELINE)
    ds = pydicom.dcmread(tmp_path / "a.dcm")
    assert ds.PhotometricInterpretation == "RGB"
    ds.PhotometricInterpretation = said
    ds.save_as(tmp_path / "a.dcm")
    colors = only(tmp_path).voxels[0]
    for n, shift in enumerate((16, 8, 0)):
        off = (colors >> shift & 255).astype(float) - film[..., n]
        assert np.sqrt((off**2).mean()) < 5


# Files that come with pydicom: other programs' writing, with what they are known to hold.


def sample(tmp_path: Path, name: str) -> Volume:
    from pydicom.data import get_testdata_file

    found = get_testdata_file(name, download=False)
    if found is None:
        pytest.skip(f"this pydicom comes without {name}")
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(Path(str(found)).read_bytes())
    return only(tmp_path)


@pytest.mark.parametrize("name", ["JPGExtended.dcm", "JPEG-lossy.dcm"])
def test_lossy_twelve_bits(tmp_path: Path, name: str) -> None:
    """The same bone scan as in JPEG2000.dcm, both of them lossy: alike in the mean over 8 × 8 pixels."""
    volume, peer = sample(tmp_path, name), sample(tmp_path / "peer", "JPEG2000.dcm")
    ours, theirs = (v.voxels[0].astype(float).reshape(128, 8, 32, 8).mean((1, 3)) for v in (volume, peer))
    assert volume.voxels.shape == (1, 1024, 256)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.95


@pytest.mark.parametrize(
    "name",
    [
        "SC_rgb_dcmtk_+eb+cr.dcm", "SC_rgb_dcmtk_+eb+cy+n1.dcm", "SC_rgb_dcmtk_+eb+cy+n2.dcm",
        "SC_rgb_dcmtk_+eb+cy+np.dcm", "SC_rgb_dcmtk_+eb+cy+s2.dcm", "SC_rgb_dcmtk_+eb+cy+s4.dcm",
        "SC_rgb_gdcm_KY.dcm", "SC_rgb_jls_lossy_line.dcm", "SC_rgb_jls_lossy_sample.dcm",
        "SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_jpeg_gdcm.dcm", "SC_rgb_jpeg_lossy_gdcm.dcm", "SC_rgb_rle.dcm",
        "SC_rgb_rle_16bit.dcm", "SC_rgb_rle_32bit.dcm", "SC_ybr_full_422_uncompressed.dcm",
    ],
)  # fmt: skip
def test_color_bars_of_many_writers(tmp_path: Path, name: str) -> None:
    """Ten bars: the second from above is light red, (255, 128, 128), in every one of these files."""
    colors = sample(tmp_path, name).voxels[0]
    bar = colors[13:17, 20:80]
    for shift, value in ((16, 255), (8, 128), (0, 128)):
        assert np.abs((bar >> shift & 255).astype(int) - value).max() <= 12

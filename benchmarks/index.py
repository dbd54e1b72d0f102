"""Looking into a folder of 20,000 DICOM files with headers like a scanner's, and looking again."""

import io
import tempfile
from pathlib import Path
from typing import Any

NAME = "index"
GOAL_FILES_S = 1000.0
"""Files a second (issue 3)."""

SERIES, IMAGES = 100, 200
AGAIN_GOAL_MS = 2000.0
"""A second look at 20,000 files of which none has changed."""

_UID = "1.2.826.0.1.1000000000.2000000000"


def rows() -> list[dict[str, Any]]:
    """Index the folder from nothing, small pictures included, and once more."""
    from twin.progress import Progress
    from twin.sources.index import look_into

    with tempfile.TemporaryDirectory() as place:
        root, path = Path(place) / "images", Path(place) / "index" / "studies.sqlite"
        _write(root)
        first = look_into(path, root, Progress())
        again = look_into(path, root, Progress())
    assert (first.read, again.read) == (SERIES * IMAGES, 0)
    speed, again_ms = first.files / first.seconds, 1000 * again.seconds
    alone = {"peer": None, "peer_name": None, "ratio": None}
    return [
        alone | {
            "name": NAME, "ours": speed, "unit": "files/s", "goal": GOAL_FILES_S,
            "within": speed >= GOAL_FILES_S,
        },
        alone | {
            "name": f"{NAME}-again", "ours": again_ms, "unit": "ms", "goal": AGAIN_GOAL_MS,
            "within": again_ms <= AGAIN_GOAL_MS,
        },
    ]  # fmt: skip


def _write(root: Path) -> None:
    """Write the files: some 170 elements before the pixels, private ones and a block of 10 kB among them."""
    import pydicom
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    ds = pydicom.Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = CTImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = _UID
    ds.Modality, ds.StudyDate, ds.PatientName, ds.SeriesDescription = "CT", "20260105", "MODEL^Hip", "thin"
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 0], [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.Rows, ds.Columns = [0.8, 0.8], 64, 64
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit, ds.PixelRepresentation, ds.SamplesPerPixel = 15, 1, 1
    ds.PhotometricInterpretation, ds.PixelData = "MONOCHROME2", bytes(64 * 64 * 2)
    for group in (0x0009, 0x0019):
        block = ds.private_block(group, "A MAKER", create=True)
        for element in range(70):
            block.add_new(element, "LO", f"what a scanner notes {element}")
        block.add_new(0xF0, "OB", bytes(5000))
    for series in range(SERIES):
        ds.PatientID, ds.StudyInstanceUID = f"P{series // 8}", f"1.2.826.{series // 4}"
        ds.SeriesInstanceUID, ds.SeriesNumber = f"1.2.826.{series // 4}.{series}", series % 4
        buffer = io.BytesIO()
        ds.save_as(buffer, enforce_file_format=True)
        file = buffer.getvalue()
        folder = root / f"study {series // 4}" / f"series {series}"
        folder.mkdir(parents=True)
        for image in range(IMAGES):
            own = f"1.2.826.0.1.{1_000_000_000 + series}.{2_000_000_000 + image}"
            (folder / f"{image:05d}.dcm").write_bytes(file.replace(_UID.encode(), own.encode()))

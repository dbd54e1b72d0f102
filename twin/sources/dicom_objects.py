"""DICOM files that hold no image but what was found in one: opened with every fault named."""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twin.domain import Side, Structure
from twin.errors import Cancelled, SourceError
from twin.sources.labels import SIDES

SEGMENTATION = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
"""Storage classes: Segmentation, Label Map Segmentation."""

STRUCTURE_SET = ("1.2.840.10008.5.1.4.1.1.481.3",)


SOFTWARE = "Vitruvian"
"""What our own files say under Manufacturer."""

BORDER = "cut off by the image's border"


def of_class(uids: tuple[str, ...]) -> Callable[[bytes], bool]:
    """Return what tells a file of one of these storage classes by its first 352 bytes.

    By (0002,0002) after the preamble, or by (0008,0016) where old writers left the preamble out.
    """
    named = b"|".join(re.escape(uid.encode()) for uid in uids)
    # A UID that goes on is another one: it ends with a zero byte or with the next element of its group.
    whole = re.compile(rb"\x02\x00\x02\x00UI.\x00(" + named + rb")(\x00|\x02\x00)", re.DOTALL)
    bare = re.compile(rb"\x08\x00\x16\x00(UI.\x00|.\x00\x00\x00)(" + named + rb")(\x00|\x08\x00)", re.DOTALL)

    def recognizes(head: bytes) -> bool:
        if head[128:132] == b"DICM":
            return whole.search(head) is not None
        return head[:2] == b"\x08\x00" and bare.search(head) is not None

    return recognizes


def open_object(path: Path, *, pixels: bool) -> Any:
    """Return a file's dataset.

    Raises
    ------
    SourceError
        The file is broken or truncated.
    """
    import pydicom
    from pydicom import config

    config.settings.reading_validation_mode = config.IGNORE
    with faults_named(path), path.open("rb") as file:
        bare = file.read(132)[128:] != b"DICM"
        file.seek(0)
        ds = pydicom.dcmread(file, stop_before_pixels=not pixels, force=bare)
        ds.filename = str(path)
        return ds


@contextmanager
def faults_named(path: Path) -> Iterator[None]:
    """Make a ``SourceError`` of whatever goes wrong: pydicom converts values late, and fails in many ways."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd but readable headers
            yield
    except (SourceError, Cancelled):
        raise
    except OSError as e:
        raise SourceError(f"{path} cannot be read: {e.strerror or e}.") from e
    except Exception as e:
        text = str(e).strip().split("\n")[0].rstrip(".") or type(e).__name__
        raise SourceError(f"{path} is a broken or truncated DICOM file: {text}.") from e


def described(s: Structure) -> str:
    """Return what DICOM has no field for, in words: term, side where it is no code, cut by the border."""
    side = s.side if s.side in ("midline", "unconfirmed") else ""
    words = [s.term, side, BORDER if s.touches_border else ""]
    return "; ".join(w for w in words if w)


def told(ds: Any, description: str) -> tuple[str, Side, bool]:
    """Return term, side and whether it is cut off, as our own files describe a structure in words."""
    if str(ds.get("Manufacturer", "")) != SOFTWARE:
        return "", "none", False
    words = [w for w in description.split("; ") if w]
    side: Side = next((s for s in SIDES if s in words), "none")
    term = next((w for w in words if w not in SIDES and w != BORDER), "")
    return term, side, BORDER in words

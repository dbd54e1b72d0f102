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
    """Return what tells a file of one of these storage classes by its first 352 bytes."""
    stored = [b"\x02\x00\x02\x00UI" + (len(u) + len(u) % 2).to_bytes(2, "little") + u.encode() for u in uids]

    def recognizes(head: bytes) -> bool:
        # A UID that goes on is another one: it ends with a zero byte or with the next element of group 2.
        return head[128:132] == b"DICM" and any(
            re.search(re.escape(s) + rb"(\x00|\x02\x00)", head) for s in stored
        )

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
    with faults_named(path):
        return pydicom.dcmread(path, stop_before_pixels=not pixels)


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

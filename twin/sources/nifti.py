"""NIfTI-1 and -2 in: volumes, and labelmaps with their names. RAS becomes LPS here and nowhere else.

One file holds header and voxels (``.nii``, ``.nii.gz``), or two do (``.hdr`` and ``.img``).
"""

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.domain import LabelMap, Volume
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources import grid as grids
from twin.sources.grid import RAS_TO_LPS
from twin.sources.labels import labelmap_of, read_said, read_sidecar, times_of
from twin.sources.payload import AGAIN, read_payload
from twin.sources.series import Choices, Series, file_by_file
from twin.sources.stack import TOLERANCE_MM

EXTENSION_CODE = 6
"""NIfTI's code for a header extension of plain text; ours holds JSON under the key ``vitruvian``."""

_MM = {"unknown": 1.0, "mm": 1.0, "meter": 1e3, "micron": 1e-3}
_MS = {"unknown": 1e3, "sec": 1e3, "msec": 1.0, "usec": 1e-3}


@dataclass(frozen=True)
class _Grid:
    affine: NDArray[np.float64]
    notes: tuple[str, ...]


def _look(path: Path) -> Series:
    image = _open(path)
    grid, meta, data = _grid(path, image), _said(path, image), _data_of(path, image)
    size = tuple(int(n) for n in image.shape)
    return Series(
        uid=str(path),
        format="nifti",
        files=(path,) if data == path else (path, data),
        kind="labelmap" if "structures" in meta else "volume",
        modality=str(meta.get("modality", "")),
        description=path.name.removesuffix(".gz").removesuffix(path.suffix if data != path else ".nii"),
        size=size if len(size) > 3 and size[3] > 1 else size[:3],
        spacing_mm=tuple(float(s) for s in np.linalg.norm(grid.affine[:3, :3], axis=0)),
    )


scan = file_by_file(_look)


def read(series: Series, choices: Choices, progress: Progress) -> Volume | LabelMap:
    """Read a NIfTI file as a volume or, where it says so or is said to be one, a labelmap.

    Voxels keep the file's numbers; a left-handed grid is turned over along its last axis, so
    that affines are right-handed everywhere.

    Raises
    ------
    SourceError
        Broken or truncated file, NaN or infinite voxels, no orientation, a sheared grid.
    """
    path = series.files[0]
    progress(0.0, f"reading {path.name}")
    image = _open(path)
    grid = _grid(path, image)
    stored = _stored(path, image, progress.between(0.0, 0.8))
    color = stored.dtype.names is not None
    if color:
        stored = grids.packed(np.stack([stored[c] for c in "RGB"], axis=-1))
    progress(0.8, f"checking {path.name}")
    grids.check_finite(path, stored)
    affine = grids.right_handed(stored, grid.affine)
    kind = series.kind if choices.kind == "auto" else choices.kind
    slope, intercept = float(image.dataobj.slope), float(image.dataobj.inter)
    meta = _said(path, image)
    if kind == "labelmap":
        values = stored if (slope, intercept) == (1.0, 0.0) else stored * slope + intercept
        return labelmap_of(path, values, affine, meta, grid.notes)
    modality = choices.modality or series.modality
    times = _times(image, stored, meta)
    if stored.ndim == 4 and stored.shape[0] == 1:
        stored = stored[0]
    kind_said = "volume" in (choices.kind, meta.get("kind"))
    silent = grids.silent_notes("NIfTI", stored, slope, intercept, modality, kind_said)
    volume = Volume(
        voxels=stored,
        affine=affine,
        modality=modality,
        unit=str(meta.get("unit", "")),
        color=color,
        slope=slope,
        intercept=intercept,
        times_ms=times,
        frame_of_reference=str(meta.get("frame_of_reference", "")),
        notes=grid.notes if color else (*grid.notes, *silent),
    )
    return grids.in_hounsfield(volume)


def _open(path: Path) -> Any:
    """Open a file's header with every fault named."""
    import nibabel as nib

    logging.getLogger("nibabel.global").setLevel(logging.CRITICAL)  # what it logs, it also raises
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd but readable headers
            image: Any = nib.load(path)
        shape = tuple(int(n) for n in image.shape)
        dtype = image.get_data_dtype()
    except Exception as e:
        text = str(e).strip().split("\n")[0].rstrip(".") or type(e).__name__
        text = text.removeprefix("File ").replace(str(path), "it")  # nibabel names the file too
        raise SourceError(f"{path} is a broken NIfTI file: {text}.", AGAIN) from e
    if not isinstance(image, nib.Nifti1Pair):  # of which the one-file form is a subclass
        older = " (but Analyze 7.5, which does not tell left from right)" if path.suffix == ".hdr" else ""
        raise SourceError(f"{path} is called {path.suffix} but is no NIfTI file{older}.")
    if len(shape) not in (3, 4) or min(shape) < 1:
        by = "×".join(map(str, shape)) or "nothing"
        raise SourceError(f"{path} holds {by}, not a volume of three dimensions (or four with time).")
    if dtype.kind not in "iuf" and dtype.names not in (("R", "G", "B"), ("R", "G", "B", "A")):
        raise SourceError(f"{path} holds complex numbers or 128-bit ones, not one value a voxel.")
    if not np.isfinite([image.dataobj.slope, image.dataobj.inter]).all() or image.dataobj.slope == 0:
        raise SourceError(f"{path} has a broken NIfTI header: its scale is no number.")
    need = int(np.prod(shape, dtype=object)) * dtype.itemsize
    data = _data_of(path, image)
    if not data.is_file():
        raise SourceError(f"{data} is missing: {path} is its header, and holds no voxels.")
    grids.check_size(data, need, data.stat().st_size, _packing(data))
    return image


def _data_of(path: Path, image: Any) -> Path:
    """Return the file of the voxels: the one beside a ``.hdr``, else the header's own."""
    return Path(image.file_map["image"].filename) if path.suffix.lower() == ".hdr" else path


def _grid(path: Path, image: Any) -> _Grid:
    """Return the affine in LPS mm, from sform or qform as the standard says."""
    header, notes = image.header, []
    try:
        sform = image.get_sform() if int(header["sform_code"]) > 0 else None
        qform = image.get_qform() if int(header["qform_code"]) > 0 else None
        space, _time = header.get_xyzt_units()
    except Exception as e:
        raise SourceError(f"{path} has a broken NIfTI header: {e}.") from e
    ras = sform if sform is not None else qform
    if ras is None:
        raise SourceError(
            f"{path} does not say how it lies in the patient (neither sform nor qform): "
            "left and right cannot be known."
        )
    if not np.isfinite(ras).all():
        raise SourceError(f"{path} has a broken NIfTI header: its affine holds what is no number.")
    scale = np.diag([_MM.get(space, 1.0)] * 3 + [1.0])
    affine = RAS_TO_LPS @ scale @ np.asarray(ras, dtype=np.float64)
    grids.check_axes(path, affine[:3, :3])
    if sform is not None and qform is not None:
        if np.linalg.det(sform[:3, :3]) * np.linalg.det(qform[:3, :3]) < 0:
            raise SourceError(
                f"{path} contradicts itself about left and right: sform and qform differ there."
            )
        ends = np.array([[0, 0, 0, 1], [*[n - 1 for n in image.shape[:3]], 1]]).T
        apart = np.linalg.norm(((sform - qform) @ ends)[:3], axis=0).max()
        if apart > TOLERANCE_MM:
            notes.append(
                f"sform and qform differ by up to {apart:.3g} mm; the sform is taken, as the standard says."
            )
    if space not in ("mm", "meter", "micron"):
        notes.append(
            "The file does not name its unit of length; millimeters are taken, as is NIfTI's custom."
        )
    return _Grid(affine, tuple(notes))


def _packing(path: Path) -> str:
    return "gzip" if path.suffix.lower() == ".gz" else "raw"


def _stored(path: Path, image: Any, progress: Progress) -> NDArray:
    """Return the stored numbers as [k, j, i] or [t, k, j, i], C order, native byte order."""
    dtype = image.dataobj.dtype
    shape = tuple(int(n) for n in image.shape[::-1])
    need = int(np.prod(shape)) * dtype.itemsize
    start = int(image.dataobj.offset)
    path = _data_of(path, image)
    packing = _packing(path)
    skip, offset = (start, 0) if packing == "gzip" else (0, start)
    made = read_payload(path, offset, need, packing, progress, skip=skip).view(dtype).reshape(shape)
    return made if dtype.names else grids.native(made)


def _times(image: Any, stored: NDArray, meta: dict[str, Any]) -> NDArray[np.float64] | None:
    if stored.ndim == 3 or stored.shape[0] == 1:
        return None
    said = times_of(meta, stored.shape[0])
    if said is not None:
        return said
    unit = _MS.get(image.header.get_xyzt_units()[1], 1e3)
    step, start = float(image.header.get_zooms()[3]) * unit, float(image.header["toffset"]) * unit
    if not np.isfinite([step, start]).all() or step <= 0:
        return None
    return start + np.arange(stored.shape[0], dtype=np.float64) * step


def _said(path: Path, image: Any) -> dict[str, Any]:
    """Return what our header extension, or a JSON file beside it, says: structures, modality."""
    for extension in image.header.extensions:
        if extension.get_code() == EXTENSION_CODE:
            content = extension.get_content()
            text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
            said = read_said(text.rstrip("\0"))
            if said:
                return said
    return read_sidecar(path)

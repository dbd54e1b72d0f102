"""NIfTI-1 and -2 in: volumes, and labelmaps with their names. RAS becomes LPS here and nowhere else."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.domain import LabelMap, Structure, Volume
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources.series import Choices, Found, Series
from twin.sources.stack import MAX_TILT_DEG, TOLERANCE_MM

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
EXTENSION_CODE = 6
"""NIfTI's code for a header extension of plain text; ours holds JSON under the key ``vitruvian``."""

DEFLATE_LIMIT = 1040
"""Deflate makes nothing more than 1032 times smaller: a header that claims more is wrong."""

_MM = {"unknown": 1.0, "mm": 1.0, "meter": 1e3, "micron": 1e-3}
_MS = {"unknown": 1e3, "sec": 1e3, "msec": 1.0, "usec": 1e-3}


@dataclass(frozen=True)
class _Grid:
    affine: NDArray[np.float64]
    notes: tuple[str, ...]


def scan(files: Sequence[Path], progress: Progress) -> Found:
    """Read headers; broken files are named in the problems."""
    series, problems = [], []
    for n, path in enumerate(files):
        progress(n / max(len(files), 1), f"looking into {path.name}")
        try:
            image = _open(path)
            grid = _grid(path, image)
        except SourceError as e:
            problems.append(e.message)
            continue
        meta = _said(path, image)
        size = tuple(int(n) for n in image.shape)
        series.append(
            Series(
                uid=str(path),
                format="nifti",
                files=(path,),
                kind="labelmap" if "structures" in meta else "volume",
                modality=str(meta.get("modality", "")),
                description=path.name.removesuffix(".gz").removesuffix(".nii"),
                size=size if len(size) > 3 and size[3] > 1 else size[:3],
                spacing_mm=tuple(float(s) for s in np.linalg.norm(grid.affine[:3, :3], axis=0)),
            )
        )
    return Found(tuple(series), tuple(problems))


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
    stored = _stored(path, image)
    progress(0.7, f"checking {path.name}")
    _check_finite(path, stored)
    affine = _right_handed(stored, grid.affine)
    kind = series.kind if choices.kind == "auto" else choices.kind
    if kind == "labelmap":
        return _labelmap(path, image, stored, affine, grid.notes)
    meta = _said(path, image)
    modality = choices.modality or series.modality
    slope, intercept = image.dataobj.slope, image.dataobj.inter
    times = _times(image, stored, meta)
    if stored.ndim == 4 and stored.shape[0] == 1:
        stored = stored[0]
    return Volume(
        voxels=stored,
        affine=affine,
        modality=modality,
        unit=str(meta.get("unit", "")) or ("HU" if modality == "CT" else ""),
        slope=float(slope),
        intercept=float(intercept),
        times_ms=times,
        frame_of_reference=str(meta.get("frame_of_reference", "")),
        notes=(*grid.notes, *_looks_like_ct(stored, slope, intercept, modality)),
    )


def _open(path: Path) -> Any:
    """Open a file's header with every fault named."""
    import nibabel as nib

    logging.getLogger("nibabel.global").setLevel(logging.CRITICAL)  # what it logs, it also raises
    try:
        image: Any = nib.load(path)
        shape = tuple(int(n) for n in image.shape)
        dtype = image.get_data_dtype()
    except Exception as e:
        text = str(e).strip().split("\n")[0].rstrip(".") or type(e).__name__
        raise SourceError(f"{path} is a broken NIfTI file: {text}.") from e
    if not isinstance(image, nib.Nifti1Image):
        raise SourceError(f"{path} is called {path.suffix} but is no NIfTI file.")
    if len(shape) not in (3, 4) or min(shape) < 1:
        by = "×".join(map(str, shape)) or "nothing"
        raise SourceError(f"{path} holds {by}, not a volume of three dimensions (or four with time).")
    if dtype.kind not in "iuf":
        raise SourceError(
            f"{path} holds {'colors' if dtype.names else 'complex numbers'}, not one value a voxel."
        )
    need, size = int(np.prod(shape, dtype=object)) * dtype.itemsize, path.stat().st_size
    if need > size * (DEFLATE_LIMIT if path.suffix.lower() == ".gz" else 1):
        raise SourceError(
            f"{path} is truncated or its header is broken: it claims {need:,} bytes of image "
            f"in a file of {size:,}."
        )
    return image


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
    columns = np.linalg.norm(ras[:3, :3], axis=0)
    if not np.isfinite(ras).all() or columns.min() < 1e-6 or abs(np.linalg.det(ras[:3, :3])) < 1e-9:
        raise SourceError(f"{path} has a broken NIfTI header: its affine is not one of a grid.")
    unit = ras[:3, :3] / columns
    off = np.abs(unit.T @ unit - np.eye(3)).max()
    if off > np.sin(np.radians(MAX_TILT_DEG)):
        tilt = np.degrees(np.arcsin(min(off, 1.0)))
        raise SourceError(f"{path} has a sheared grid: its axes are {tilt:.1f}° off a right angle.")
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
    scale = np.diag([_MM.get(space, 1.0)] * 3 + [1.0])
    return _Grid(RAS_TO_LPS @ scale @ np.asarray(ras, dtype=np.float64), tuple(notes))


def _stored(path: Path, image: Any) -> NDArray:
    """Return the stored numbers as [k, j, i] or [t, k, j, i], C order, native byte order."""
    try:
        stored = np.asarray(image.dataobj.get_unscaled()).T
    except Exception as e:
        text = str(e).strip().split("\n")[0].rstrip(".") or type(e).__name__
        raise SourceError(f"{path} is truncated or broken: {text}.") from e
    stored = np.ascontiguousarray(stored, dtype=stored.dtype.newbyteorder("="))
    return stored if stored.flags.writeable else stored.copy()


def _check_finite(path: Path, stored: NDArray) -> None:
    if stored.dtype.kind != "f":
        return
    bad = sum(int(part.size - np.isfinite(part).sum()) for part in stored)
    if bad:
        raise SourceError(
            f"{path} holds {bad:,} voxels that are no numbers (NaN or infinite).",
            "Write it again with a value, such as that of air, in their place.",
        )


def _right_handed(stored: NDArray, affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn a left-handed grid over along k, in place; returns its affine."""
    if np.linalg.det(affine[:3, :3]) > 0:
        return affine
    for volume in stored if stored.ndim == 4 else (stored,):
        n = len(volume)
        for k in range(n // 2):
            volume[[k, n - 1 - k]] = volume[[n - 1 - k, k]]
    affine = affine.copy()
    affine[:3, 3] += affine[:3, 2] * (stored.shape[-3] - 1)
    affine[:3, 2] *= -1
    return affine


def _times(image: Any, stored: NDArray, meta: dict[str, Any]) -> NDArray[np.float64] | None:
    if stored.ndim == 3 or stored.shape[0] == 1:
        return None
    if len(meta.get("times_ms", ())) == stored.shape[0]:
        return np.array(meta["times_ms"], dtype=np.float64)
    step = float(image.header.get_zooms()[3]) * _MS.get(image.header.get_xyzt_units()[1], 1e3)
    return np.arange(stored.shape[0], dtype=np.float64) * step if step > 0 else None


def _looks_like_ct(stored: NDArray, slope: float, intercept: float, modality: str) -> tuple[str, ...]:
    low, high = sorted((stored.min() * slope + intercept, stored.max() * slope + intercept))
    if modality or low > -900 or high < 300:
        return ()
    return (
        f"The values ({low:.0f} to {high:.0f}) look like Hounsfield units; NIfTI does not say. "
        "If this is a CT, import it with modality CT.",
    )


def _said(path: Path, image: Any) -> dict[str, Any]:
    """Return what our header extension, or a JSON file beside it, says: structures, modality."""
    for extension in image.header.extensions:
        if extension.get_code() == EXTENSION_CODE:
            content = extension.get_content()
            text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
            meta = _json(text.rstrip("\0")).get("vitruvian")
            if isinstance(meta, dict):
                return meta
    sidecar = path.with_name(path.name.removesuffix(".gz").removesuffix(".nii") + ".json")
    if sidecar.is_file():
        meta = _json(sidecar.read_text("utf-8", "replace"))
        if isinstance(meta.get("structures"), list):
            return {"structures": meta["structures"]}
        if isinstance(meta.get("Modality"), str):  # as BIDS has it beside MR, PET and CT
            return {"modality": meta["Modality"].upper()}
    return {}


def _json(text: str) -> dict[str, Any]:
    try:
        meta = json.loads(text)
    except ValueError:
        return {}
    return meta if isinstance(meta, dict) else {}


def _labelmap(
    path: Path, image: Any, stored: NDArray, affine: NDArray[np.float64], notes: tuple[str, ...]
) -> LabelMap:
    slope, intercept = image.dataobj.slope, image.dataobj.inter
    if (slope, intercept) != (1.0, 0.0):
        stored = stored * slope + intercept
    if stored.dtype.kind == "f" and (stored != np.rint(stored)).any():
        raise SourceError(f"{path} is no labelmap: its voxels are not whole numbers.")
    low, high = int(stored.min()), int(stored.max())
    if low < 0 or high > 65535:
        raise SourceError(
            f"{path} is no labelmap: its numbers go from {low} to {high} (0 to 65535 are labels)."
        )
    labels = stored.astype(np.uint8 if high < 256 else np.uint16)
    if labels.ndim == 4 and len(labels) == 1:
        labels = labels[0]
    meta = _said(path, image)
    try:
        known = [Structure(**s) for s in meta.get("structures", [])]
    except (TypeError, ValueError) as e:
        raise SourceError(f"{path} has a list of structures that cannot be read: {e}.") from e
    layers = labels[None] if labels.ndim == 3 else labels
    for n, layer in enumerate(layers):
        named = {s.label for s in known if s.layer == n}
        present = np.flatnonzero(np.bincount(layer.ravel(), minlength=1))
        known += [Structure(f"label {v}", int(v), layer=n) for v in present if v and v not in named]
    return LabelMap(
        labels=labels,
        affine=affine,
        structures=tuple(known),
        frame_of_reference=str(meta.get("frame_of_reference", "")),
        notes=notes,
    )

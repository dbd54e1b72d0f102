"""Volumes and labelmaps as NIfTI-1; LPS becomes RAS here and nowhere else."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np

from twin.domain import LabelMap, Volume
from twin.errors import UserError
from twin.exports.said import as_json, said_of
from twin.exports.values import unpacked
from twin.progress import Progress
from twin.sources.grid import RAS_TO_LPS
from twin.sources.nifti import EXTENSION_CODE


def write(entity: Volume | LabelMap, path: Path, progress: Progress) -> None:
    """Write stored numbers as they are, with scale, place, and what NIfTI has no field for as JSON.

    The header extension (code 6, plain text) holds ``{"vitruvian": {...}}``: modality, unit and
    frame of reference, and the structures of a labelmap. The patient's identity is not written.
    """
    import nibabel as nib
    from nibabel.nifti1 import Nifti1Extension

    data = entity.voxels if isinstance(entity, Volume) else entity.labels
    if isinstance(entity, Volume) and entity.color:
        data = unpacked(data).view([("R", "u1"), ("G", "u1"), ("B", "u1")])[..., 0]
    header: Any = nib.Nifti1Header()
    try:
        header.set_data_dtype(data.dtype)
        header.set_data_shape(data.shape[::-1])
    except Exception as e:
        raise UserError(f"This cannot be written as NIfTI: {e}.") from e
    ras = RAS_TO_LPS @ entity.affine
    header.set_qform(ras, code=1, strip_shears=True)
    header.set_sform(ras, code=1)
    header.set_xyzt_units("mm", "msec")
    if isinstance(entity, Volume):
        header.set_slope_inter(entity.slope, entity.intercept)
        if entity.times_ms is not None and len(entity.times_ms) > 1:
            header["pixdim"][4] = float(np.diff(entity.times_ms).mean())
            header["toffset"] = float(entity.times_ms[0])
    else:
        header.set_intent("label")
    text = as_json({"vitruvian": said_of(entity) | {"space": "LPS in memory, RAS here"}}).encode()
    header.extensions.append(Nifti1Extension(EXTENSION_CODE, text))
    with path.open("wb") as raw:
        file: Any = raw
        if path.suffix == ".gz":
            file = gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=0)
        header.write_to(file)
        planes = data.reshape(-1, *data.shape[-2:])
        for n, plane in enumerate(planes):
            progress(n / len(planes))
            little = plane if data.dtype.names else plane.astype(data.dtype.newbyteorder("<"), copy=False)
            file.write(np.ascontiguousarray(little).tobytes())
        if file is not raw:
            file.close()

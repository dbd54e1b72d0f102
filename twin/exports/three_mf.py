"""Surfaces as 3MF for printing (3MF core specification 1.3): millimeters, LPS, with name and color.

The printer's bed begins at 0, patient space does not: the mesh stays in LPS and the build item's
transform puts it on the bed.
"""

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from resources.colors import structure_color
from twin.domain import Surface
from twin.exports.said import words_of
from twin.progress import Progress

_CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
_OURS = "urn:vitruvian:said"
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>'
    "</Types>"
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Target="/3D/3dmodel.model" Id="rel0" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
)


def write(surface: Surface, path: Path, progress: Progress) -> None:
    """Write points with nine digits (float32 exactly) and triangles."""
    parts = {"[Content_Types].xml": _TYPES, "_rels/.rels": _RELATIONS}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as packed:
        for name, text in (parts | {"3D/3dmodel.model": _model(surface, progress)}).items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))  # the same surface gives the same file
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, text.encode())


def _model(surface: Surface, progress: Progress) -> str:
    name = surface.structure or "surface"
    color = surface.color or structure_color(surface.term or surface.structure)
    said = "".join(
        f'<metadata name="v:{key}">{escape(value)}</metadata>\n' for key, value in words_of(surface).items()
    )
    points = surface.points.astype(np.float32)
    x, y, z = (f"{-low:.9g}" for low in points.min(axis=0).astype(np.float64))
    corner, face = '<vertex x="{:.9g}" y="{:.9g}" z="{:.9g}"/>', '<triangle v1="{}" v2="{}" v3="{}"/>'
    vertices = "\n".join(corner.format(*p) for p in points.tolist())
    progress(0.5)
    triangles = "\n".join(face.format(*t) for t in surface.triangles.tolist())
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<model unit="millimeter" xml:lang="en" xmlns="{_CORE}" xmlns:v="{_OURS}">
<metadata name="Title">{escape(name)}</metadata>
<metadata name="Application">Vitruvian</metadata>
<metadata name="Description">Patient space LPS, mm. Research software, no medical device.</metadata>
{said}<resources>
<basematerials id="1"><base name={quoteattr(name)} displaycolor="{color.upper()}FF"/></basematerials>
<object id="2" type="model" name={quoteattr(name)} pid="1" pindex="0"><mesh>
<vertices>
{vertices}
</vertices>
<triangles>
{triangles}
</triangles>
</mesh></object>
</resources>
<build><item objectid="2" transform="1 0 0 0 1 0 0 0 1 {x} {y} {z}"/></build>
</model>
"""

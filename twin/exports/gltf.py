"""Surfaces as glTF 2.0, in one file: binary (``.glb``) or JSON with the buffer in it (``.gltf``).

glTF is in meters, Y up, its front along +Z; the patient stands up in it and looks at the viewer:
X = left, Y = superior, Z = anterior, that is (x, z, -y) / 1000 of LPS millimeters.
"""

import base64
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resources.colors import rgb, structure_color
from twin.domain import Surface
from twin.exports.said import words_of
from twin.progress import Progress

_FLOAT, _UINT = 5126, 5125
_ARRAY_BUFFER, _ELEMENT_BUFFER = 34962, 34963


def write(surface: Surface, path: Path, _progress: Progress) -> None:
    """Write float32 points with normals, triangles, name, color; ``extras`` says what the axes are."""
    x, y, z = surface.points.T
    points = (np.stack([x, z, -y], axis=1) / 1000).astype("<f4")
    triangles = surface.triangles.astype("<u4")
    blob = points.tobytes() + _normals(points, triangles).tobytes() + triangles.tobytes()
    tree = _tree(surface, points, len(triangles), len(blob))
    if path.suffix.lower() == ".gltf":
        tree["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64.b64encode(blob).decode(
            "ascii"
        )
        path.write_text(json.dumps(tree, ensure_ascii=False), "utf-8")
        return
    text = json.dumps(tree, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 4)
    blob += b"\0" * (-len(blob) % 4)
    with path.open("wb") as file:
        file.write(struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(blob)))
        file.write(struct.pack("<I4s", len(text), b"JSON") + text)
        file.write(struct.pack("<I4s", len(blob), b"BIN\0") + blob)


def _normals(points: NDArray[np.float32], triangles: NDArray) -> NDArray[np.float32]:
    """Return a unit normal at each point: of its triangles, weighted by their areas."""
    a, b, c = (points[triangles[:, n]].astype(np.float64) for n in range(3))
    face = np.cross(b - a, c - a)
    made = np.zeros((len(points), 3))
    for n in range(3):
        np.add.at(made, triangles[:, n], face)
    length = np.linalg.norm(made, axis=1, keepdims=True)
    flat = length[:, 0] == 0
    made[flat], length[flat] = (0, 0, 1), 1
    return (made / length).astype("<f4")


def _tree(surface: Surface, points: NDArray[np.float32], triangles: int, size: int) -> dict[str, Any]:
    name = surface.structure or "surface"
    color = rgb(surface.color or structure_color(surface.term or surface.structure))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]  # IEC 61966-2-1
    n, each = len(points), points.nbytes
    said = words_of(surface) | {"space": "X left, Y superior, Z anterior: (x, z, -y) of LPS", "unit": "m"}
    return {
        "asset": {"version": "2.0", "generator": "Vitruvian: research software, no medical device"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": name, "extras": said}],
        "meshes": [
            {
                "name": name,
                "primitives": [{"attributes": {"POSITION": 0, "NORMAL": 1}, "indices": 2, "material": 0}],
            }
        ],
        "materials": [
            {
                "name": name,
                "pbrMetallicRoughness": {
                    "baseColorFactor": [*linear, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.7,
                },
            }
        ],
        "accessors": [
            {
                "bufferView": 0, "componentType": _FLOAT, "count": n, "type": "VEC3",
                "min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist(),
            },
            {"bufferView": 1, "componentType": _FLOAT, "count": n, "type": "VEC3"},
            {"bufferView": 2, "componentType": _UINT, "count": 3 * triangles, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": each, "target": _ARRAY_BUFFER},
            {"buffer": 0, "byteOffset": each, "byteLength": each, "target": _ARRAY_BUFFER},
            {"buffer": 0, "byteOffset": 2 * each, "byteLength": 12 * triangles, "target": _ELEMENT_BUFFER},
        ],
        "buffers": [{"byteLength": size}],
    }  # fmt: skip

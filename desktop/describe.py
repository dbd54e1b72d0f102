"""What an entity is, in words and figures, without loading its arrays."""

import math
from typing import Any

from twin.domain import Number
from twin.measuring.words import brief
from twin.record import Entry, Record


def describe(record: Record, entry: Entry) -> dict[str, Any]:
    """Return what ``vitruvian list --json`` says of one entity."""
    tree = entry.tree
    maker = record.history.entry(entry.made_by)
    row: dict[str, Any] = {
        "id": entry.id,
        "kind": entry.kind,
        "name": entry.name,
        "size": size_in_words(record, entry),
        "step": maker.step,
        "source": [_used(used) for used in maker.inputs.values()] or list(maker.params.get("paths") or ()),
        "made_by": entry.made_by,
        "stale": entry.stale,
        "bytes": entry.size_bytes,
        "digest": entry.digest,
    }
    row |= {"side": tree["side"], "structure": tree["structure"]} if "side" in tree else {}
    if entry.kind in ("volume", "labelmap"):
        row["shape_kji"] = tree["voxels" if entry.kind == "volume" else "labels"]["shape"]
        row["spacing_mm"] = spacing_mm(record, entry)
    if entry.kind == "volume":
        row |= _image(record, tree)
    elif entry.kind not in ("landmarks", "measurement", "key image"):
        row["units"] = "mm"
    if entry.kind == "labelmap":
        row["structures"] = [s["name"] for s in tree["structures"]]
    if entry.kind in ("result", "measurement", "motion", "heart"):
        row["numbers"] = entry.numbers
    if entry.kind == "measurement":
        row |= {key: tree[key] for key in ("text", "time")} | {"measures": tree["kind"]}
    if entry.kind == "key image":
        row |= {key: tree[key] for key in ("plane", "text", "time", "image_uids", "reformatted")}
        row["place_lps_mm"] = [round(float(x), 6) for x in record.shelf.array(tree["place"])]
    row["notes"] = tree.get("notes", [])
    return row


def _used(used: dict[str, Any]) -> str:
    return f"{used['name']}/{used['part']}" if used["part"] else str(used["name"])


def _image(record: Record, tree: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of a volume only: what its values, its place, its times and its lengths are."""
    times = tree.get("times_ms")
    return {
        "modality": tree["modality"],
        "units": tree["unit"],
        # One slice is a plane: it is drawn where it lies.
        "plane": tree["voxels"]["shape"][-3] == 1,
        "origin_lps_mm": [round(float(x), 6) for x in record.shelf.array(tree["affine"])[:3, 3]],
        "times_ms": None if times is None else [round(float(t), 3) for t in record.shelf.array(times)],
        "filled_k": tree.get("filled", []),
        "color": tree.get("color", False),
        "lengths": tree.get("lengths", "patient"),
        "placement": tree.get("placement", "patient"),
    }


def spacing_mm(record: Record, entry: Entry) -> list[float]:
    """Return the distances of voxel centers along i, j, k."""
    affine = record.shelf.array(entry.tree["affine"])
    return [round(math.hypot(*affine[:3, axis]), 6) for axis in range(3)]


def size_in_words(record: Record, entry: Entry) -> str:
    """Return an entity's size as a person reads it."""
    tree = entry.tree
    match entry.kind:
        case "volume" | "labelmap":
            *time, k, j, i = tree["voxels" if entry.kind == "volume" else "labels"]["shape"]
            spacing = " × ".join(f"{s:.3g}" for s in spacing_mm(record, entry))
            more = f", {time[0]} {'phases' if entry.kind == 'volume' else 'layers'}" if time else ""
            return f"{i} × {j} × {k} voxels of {spacing} mm{more}"
        case "surface":
            return f"{tree['triangles']['shape'][0]:,} triangles"
        case "mesh":
            order = "quadratic" if tree["tets"]["shape"][1] == 10 else "linear"
            return f"{tree['tets']['shape'][0]:,} {order} tetrahedra"
        case "landmarks":
            return f"{len(tree['points'])} points"
        case "model":
            return f"{tree['mesh']['tets']['shape'][0]:,} elements, {len(tree['loads'])} unit loads"
        case "motion":
            return f"{tree['phases']['shape'][0]} phases, {len(tree['outlines'])} outlines"
        case "heart":
            return f"{tree['mesh']['tets']['shape'][0]:,} elements, {len(tree['numbers'])} numbers"
        case "measurement":
            return brief([Number(**n) for n in tree["numbers"]], tree["text"])
        case "key image":
            return tree["text"] or f"{tree['plane']} picture"
        case "result":
            return f"{len(tree['numbers'])} numbers, {len(tree['fields'])} fields"
        case kind:
            return kind

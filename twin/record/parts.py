"""Parts of entities: a structure of a labelmap, a patch of a mesh."""

import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.domain import Entity, LabelMap, Surface, TetMesh
from twin.record import blocks

_seen: dict[bytes, dict[int, bytes]] = {}
_SEEN_LIMIT = 20_000


def take(entity: Entity, name: str) -> Entity:
    """Return a part of an entity: a labelmap with one structure, or a mesh's patch as a surface.

    Raises
    ------
    KeyError
        With the parts there are.
    """
    if isinstance(entity, LabelMap):
        return entity.part(name)
    if isinstance(entity, TetMesh):
        triangles = entity.patch(name).triangles
        used, renumbered = np.unique(triangles, return_inverse=True)
        return Surface(
            points=entity.points[used],
            triangles=renumbered.reshape(triangles.shape).astype(np.int32),
            frame_of_reference=entity.frame_of_reference,
            identity=entity.identity,
            notes=entity.notes,
            structure=entity.structure,
            term=entity.term,
            side=entity.side,
        )
    raise KeyError(f"a {type(entity).__name__.lower()} has no parts")


def kind(whole: str) -> str:
    """Return the kind of entity that a part of this kind is."""
    return {"mesh": "surface"}.get(whole, whole)


def digests(entity: Entity, tree: dict[str, Any], addresses: dict[str, list[bytes]]) -> dict[str, str]:
    """Return the content hash of each part, by name.

    It is what staleness goes by: a stroke on one femur leaves what was made from the other as it is.
    An entity's notes and its structures' colors are not counted as its parts' content.

    Parameters
    ----------
    tree : dict
        The entity's tree with the digests of its arrays in it.
    addresses : dict of str to list of bytes
        Addresses of the blocks of each array, by the array's key.
    """
    if isinstance(entity, LabelMap):
        return _structures(entity, tree, addresses["labels"])
    if isinstance(entity, TetMesh):
        rest = {key: tree[key] for key in ("points", "structure", "side", "frame_of_reference")}
        return {patch["name"]: _hash(rest | {"patch": patch}) for patch in reversed(tree["patches"])}
    return {}


def _structures(labelmap: LabelMap, tree: dict[str, Any], addresses: list[bytes]) -> dict[str, str]:
    labels = labelmap.labels
    item = labels.dtype.itemsize
    flat = np.ascontiguousarray(labels).reshape(-1)
    cuts = blocks.runs(labels.shape, item)
    found = blocks.spread(lambda n: _in_block(addresses[n], flat[cuts[n]]), range(len(cuts)))
    layer = flat.size // (labels.shape[0] if labels.ndim == 4 else 1) or 1
    rest = {key: tree[key] for key in ("affine", "frame_of_reference", "identity")}
    made = {}
    # Of two structures of one name the first counts, as in LabelMap.structure.
    for structure, about in reversed(list(zip(labelmap.structures, tree["structures"], strict=True))):
        mask = hashlib.blake2b(digest_size=blocks.DIGEST_BYTES)
        for run, labels_found in zip(cuts, found, strict=True):
            if run.start < (structure.layer + 1) * layer and run.stop > structure.layer * layer:
                mask.update(labels_found.get(structure.label, b"-"))
        said = {key: "" if key == "color" else value for key, value in about.items()}
        made[structure.name] = _hash(rest | {"structure": said, "mask": mask.hexdigest()})
    return made


def _in_block(address: bytes, labels: NDArray) -> dict[int, bytes]:
    """Return a hash of each label's voxels in one block, remembered by the block's address."""
    known = _seen.get(address)
    if known is not None:
        return known
    present = np.flatnonzero(np.bincount(labels)) if labels.size else np.zeros(0, int)
    found = {
        int(label): hashlib.blake2b(np.packbits(labels == label).data, digest_size=16).digest()
        for label in present
        if label != 0
    }
    if len(_seen) > _SEEN_LIMIT:
        _seen.clear()
    _seen[address] = found
    return found


def _hash(tree: dict[str, Any]) -> str:
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=blocks.DIGEST_BYTES).hexdigest()

"""Numbers or masks to labelmaps, and what files say of the structures in them."""

import dataclasses
import json
import re
import typing
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.domain import LabelMap, Side, Structure
from twin.errors import SourceError

MOST_LAYERS = 64
"""Structures that overlap in more layers than this are refused: the file is not what it should be."""

SIDES: tuple[Side, ...] = typing.get_args(Side)


def read_said(text: str) -> dict[str, Any]:
    """Return what JSON written by us says (the object under ``vitruvian``); empty where it is none."""
    said = _json(text).get("vitruvian")
    return said if isinstance(said, dict) else {}


def read_sidecar(path: Path) -> dict[str, Any]:
    """Return what a JSON file beside an image says: structures, or the modality as BIDS has it."""
    beside = path.with_name(re.sub(r"(\.gz)?$", "", path.name, count=1).rpartition(".")[0] + ".json")
    try:
        meta = _json(beside.read_text("utf-8", "replace"))
    except OSError:
        return {}
    if isinstance(meta.get("structures"), list):
        return {"structures": meta["structures"]}
    if isinstance(meta.get("Modality"), str):
        return {"modality": meta["Modality"].upper()}
    return {}


def _json(text: str) -> dict[str, Any]:
    try:
        meta = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return meta if isinstance(meta, dict) else {}


def times_of(said: dict[str, Any], count: int) -> NDArray[np.float64] | None:
    """Return the times in ms that our own files hold; None where they don't, or not as many."""
    times = said.get("times_ms")
    numbers = isinstance(times, list) and all(isinstance(t, (int, float)) for t in times)
    return np.array(times, np.float64) if numbers and len(times or ()) == count else None


def structures_of(path: Path, listed: Any) -> tuple[Structure, ...]:
    """Return the structures that JSON lists.

    Raises
    ------
    SourceError
        It is no list of structures.
    """
    hints = typing.get_type_hints(Structure)
    kinds = {f.name: hints[f.name] for f in dataclasses.fields(Structure)}
    made = []
    for row in listed if isinstance(listed, list) else []:
        if not isinstance(row, dict) or not {"name", "label"} <= row.keys() <= kinds.keys():
            raise SourceError(f"{path} has a list of structures that cannot be read: {str(row)[:80]}.")
        for key, value in row.items():
            fits = value in SIDES if key == "side" else type(value) is kinds[key]
            if not fits:
                raise SourceError(f"{path} has a structure whose {key} cannot be “{str(value)[:40]}”.")
        made.append(Structure(**row))
    return tuple(made)


def label_layers(path: Path, values: NDArray) -> NDArray:
    """Return whole numbers from 0 to 65535 as uint8 or uint16; ``SourceError`` where they are others."""
    if values.dtype.kind == "f" and (values != np.rint(values)).any():
        raise SourceError(f"{path} is no labelmap: its voxels are not whole numbers.")
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > 65535:
        raise SourceError(
            f"{path} is no labelmap: its numbers go from {low} to {high} (0 to 65535 are labels)."
        )
    labels = values.astype(np.uint8 if high < 256 else np.uint16)
    return labels[0] if labels.ndim == 4 and len(labels) == 1 else labels


def name_all(labels: NDArray, known: Sequence[Structure]) -> tuple[Structure, ...]:
    """Return the known structures and, as ``label 7``, those that nobody named."""
    all_of_them = list(known)
    for n, layer in enumerate(labels[None] if labels.ndim == 3 else labels):
        named = {s.label for s in known if s.layer == n}
        there = np.zeros(65536, bool)
        for plane in layer:
            there[plane] = True
        present = np.flatnonzero(there[1:]) + 1
        all_of_them += [Structure(f"label {v}", int(v), layer=n) for v in present if v not in named]
    return tuple(all_of_them)


def distinct(names: Iterable[str]) -> list[str]:
    """Return the names, numbered where one comes twice: a structure is found by its name."""
    taken: set[str] = set()
    made = []
    for name in names:
        one, n = name, 1
        while one in taken:
            n += 1
            one = f"{name} {n}"
        taken.add(one)
        made.append(one)
    return made


class Layers:
    """Puts masks that may overlap into as few layers as first come, first served needs.

    Parameters
    ----------
    shape : (int, int, int)
        Of the grid, (k, j, i).
    count : int
        How many masks will come.
    """

    def __init__(self, path: Path, shape: tuple[int, int, int], count: int) -> None:
        self._path = path
        self._dtype = np.uint8 if count < 256 else np.uint16
        self._layers: list[NDArray] = []
        self._shape = shape

    def add(self, planes: dict[int, NDArray[np.bool_]], label: int) -> int:
        """Put a mask, given as its slices by k, under a label into a layer; returns which."""
        n = next((n for n in range(len(self._layers)) if self._is_free(n, planes)), len(self._layers))
        if n == MOST_LAYERS:
            raise SourceError(f"{self._path} holds structures that overlap more than {n}-fold.")
        if n == len(self._layers):
            self._layers.append(np.zeros(self._shape, self._dtype))
        for k, mask in planes.items():
            self._layers[n][k][mask] = label
        return n

    def _is_free(self, n: int, planes: dict[int, NDArray[np.bool_]]) -> bool:
        return not any(self._layers[n][k][mask].any() for k, mask in planes.items())

    def labels(self) -> NDArray:
        """Return all layers: (k, j, i), or (layer, k, j, i) where there are several."""
        if not self._layers:
            return np.zeros(self._shape, self._dtype)
        return self._layers[0] if len(self._layers) == 1 else np.stack(self._layers)


def labelmap_of(
    path: Path, values: NDArray, affine: NDArray[np.float64], said: dict[str, Any], notes: tuple[str, ...]
) -> LabelMap:
    """Return a labelmap of numbers in a file, named as the file (or the JSON beside it) says.

    Raises
    ------
    SourceError
        The numbers are no labels, or the list of structures cannot be read.
    """
    labels = label_layers(path, values)
    known = structures_of(path, said.get("structures", []))
    return LabelMap(
        labels=labels,
        affine=affine,
        structures=name_all(labels, known),
        frame_of_reference=str(said.get("frame_of_reference", "")),
        notes=notes,
    )

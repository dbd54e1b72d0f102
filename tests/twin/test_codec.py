"""Every domain type comes back from the codec as it went in."""

import dataclasses
import json
import types
import typing
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twin import codec
from twin.domain import KINDS, Identity, Number, Structure

TEXT = st.one_of(st.text(max_size=8), st.sampled_from(["$array", "$float", "$$", "a", "a.point"]))


def anything(hint: Any) -> st.SearchStrategy[Any]:
    """Return values of an annotation: new domain types are covered without a line here."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is np.ndarray:
        dtype = typing.get_args(arguments[1])[0]
        kinds = [np.int16, np.uint8, np.float32, np.float64] if isinstance(dtype, typing.TypeVar) else [dtype]
        shapes = hnp.array_shapes(max_dims=3, min_side=0, max_side=3)
        return st.sampled_from(kinds).flatmap(lambda kind: hnp.arrays(kind, shapes))
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*[st.none() if a is type(None) else anything(a) for a in arguments])
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return st.lists(anything(arguments[0]), max_size=2).map(tuple)
        return st.tuples(*map(anything, arguments))
    if origin is dict:
        return st.dictionaries(TEXT, anything(arguments[1]), max_size=2)
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        fields = {f.name: anything(hints[f.name]) for f in dataclasses.fields(hint)}
        return st.fixed_dictionaries(fields).map(lambda values: hint(**values))  # type: ignore[operator]
    return {float: st.floats(), int: st.integers(), bool: st.booleans(), str: TEXT}[hint]


def same(one: Any, other: Any) -> bool:
    """Compare bit for bit: NaN equals NaN, and an int is no float."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    if dataclasses.is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return repr(one) == repr(other)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_round_trip(kind: str, data: st.DataObject) -> None:
    entity = data.draw(anything(KINDS[kind]))
    encoded = codec.encode(entity)
    assert encoded.kind == kind
    # The record keeps the tree as JSON, which must be valid JSON everywhere (no NaN).
    tree = json.loads(json.dumps(encoded.tree, allow_nan=False))
    assert same(codec.decode(codec.Encoded(kind, tree, encoded.arrays)), entity)


def test_arrays_are_not_copied() -> None:
    voxels = np.zeros((2, 2, 2), np.int16)
    entity = KINDS["volume"](voxels=voxels, affine=np.eye(4), modality="CT")
    encoded = codec.encode(entity)
    assert encoded.arrays["voxels"] is voxels
    assert codec.decode(encoded).voxels is voxels  # type: ignore[union-attr]


def test_numbers_of_numpy_become_plain_ones() -> None:
    structure = Structure("femur", np.int64(3), layer=np.uint8(1))  # type: ignore[arg-type]
    entity = KINDS["labelmap"](
        labels=np.zeros((1, 1, 1), np.uint8), affine=np.eye(4), structures=(structure,)
    )
    tree = codec.encode(entity).tree
    assert json.loads(json.dumps(tree))["structures"][0]["label"] == 3


def test_fields_come_and_go_between_versions() -> None:
    """What an older version did not have takes its default; what a newer one has besides is left out."""
    entity = KINDS["volume"](voxels=np.zeros((1, 1, 1)), affine=np.eye(4), modality="CT")
    encoded = codec.encode(entity)
    tree = {key: item for key, item in encoded.tree.items() if key != "kernel"} | {"phase_of_moon": 3}
    tree["identity"] = {"patient_name": "A", "shoe_size": 42}
    again = codec.decode(codec.Encoded("volume", tree, encoded.arrays))
    assert again.identity == Identity(patient_name="A")
    assert again.kernel == ""  # type: ignore[union-attr]


def test_infinite_numbers() -> None:
    number = Number("safety factor", float("inf"), "1", low=float("-inf"), causes={"mesh": (1, 2)})
    result = KINDS["result"](
        mesh=KINDS["mesh"](
            points=np.zeros((0, 3)), tets=np.zeros((0, 4), np.int32), regions=np.zeros(0, np.int32)
        ),
        fields=(),
        numbers=(number,),
    )
    encoded = codec.encode(result)
    tree = json.loads(json.dumps(encoded.tree, allow_nan=False))
    again = codec.decode(codec.Encoded("result", tree, encoded.arrays)).numbers[0]  # type: ignore[union-attr]
    assert (again.value, again.low) == (float("inf"), float("-inf"))
    assert again.causes == {"mesh": (1.0, 2.0)}


def test_what_no_record_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="Identity is not something that a record holds"):
        codec.encode(Identity())  # type: ignore[arg-type]

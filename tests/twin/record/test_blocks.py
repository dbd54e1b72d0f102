import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from tests.twin.record.conftest import Do
from twin.domain import LabelMap, Volume
from twin.record import Call, Record, blocks
from twin.steps import Made

ANY_TYPE = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(),
    hnp.floating_dtypes(sizes=(32, 64)),
    hnp.complex_number_dtypes(),
)


def back_again(array: NDArray) -> NDArray:
    addresses = blocks.digests(array)
    stored = dict(zip(addresses, blocks.pack(array, range(len(addresses))), strict=True))
    return blocks.assemble(array.shape, array.dtype, addresses, stored.__getitem__)


@given(hnp.arrays(ANY_TYPE, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=7)))
def test_an_array_comes_back_bit_for_bit(array: NDArray) -> None:
    again = back_again(array)
    assert (again.shape, again.dtype) == (array.shape, array.dtype)
    assert again.tobytes() == array.tobytes()


@given(hnp.arrays(np.int16, (5, 4, 3)), st.sampled_from(["F", "reversed", "strided", "transposed"]))
def test_so_does_one_that_is_not_contiguous(array: NDArray, how: str) -> None:
    view = {
        "F": np.asfortranarray(array),
        "reversed": array[::-1, :, ::-1],
        "strided": array[::2, 1:],
        "transposed": array.transpose(2, 0, 1),
    }[how]
    assert np.array_equal(back_again(view), view)


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 3000), min_size=1, max_size=4).filter(lambda s: np.prod(s, dtype=float) < 1e8),
    st.sampled_from([1, 2, 4, 8]),
)
def test_blocks_cover_an_array_once_and_are_of_some_size(shape: list[int], item: int) -> None:
    runs = blocks.runs(tuple(shape), item)
    total = int(np.prod(shape))
    assert [r.start for r in runs] == [0, *(r.stop for r in runs[:-1])]
    assert runs[-1].stop == total
    assert max(r.stop - r.start for r in runs) * item <= blocks.BLOCK_BYTES


def test_a_ct_slice_pair_is_a_block() -> None:
    # 512 × 512 int16 is half a MiB a slice.
    assert [r.stop - r.start for r in blocks.runs((5, 512, 512), 2)] == [2 * 512**2] * 2 + [512**2]


def blocks_in(record: Record) -> int:
    record.flush()
    import sqlite3

    with sqlite3.connect(f"file:{record.path}?mode=ro", uri=True) as db:
        return int(db.execute("SELECT count(*) FROM blocks").fetchone()[0])


def commit(record: Record, entity: LabelMap | Volume) -> None:
    record.commit(Call("example.scan", 1, None), Made({"it": entity}), 0.0, 0.0)


def test_equal_blocks_are_stored_once(record: Record) -> None:
    noise = np.random.default_rng(0).integers(0, 9, (8, 512, 512)).astype(np.int16)  # 4 MiB, 4 blocks
    commit(record, Volume(voxels=noise, affine=np.eye(4), modality="CT"))
    assert blocks_in(record) == 4 + 1  # and the affine's
    commit(record, Volume(voxels=noise[2:], affine=np.eye(4), modality="CT"))
    assert blocks_in(record) == 5
    commit(record, Volume(voxels=np.zeros((8, 512, 512), np.int16), affine=np.eye(4), modality="CT"))
    assert blocks_in(record) == 6
    assert record.check() == []


@pytest.mark.parametrize("keep", [True, False])
def test_an_edit_stores_the_blocks_it_changed(record: Record, do: Do, keep: bool) -> None:
    """Whether or not somebody holds the content that is edited."""
    labels = np.random.default_rng(0).integers(0, 3, (16, 512, 512)).astype(np.uint8)  # 4 MiB, 4 blocks
    commit(record, LabelMap(labels=labels, affine=np.eye(4), structures=()))
    held = record.load("l1") if keep else None
    before = blocks_in(record)
    do(record, "example.paint", label=9, index=512 * 512 * 9)
    assert blocks_in(record) == before + 1
    labels[9, 0, 0] = 9
    record.close()
    with Record.open(record.path) as again:
        painted = again.load("l1")
        assert isinstance(painted, LabelMap)
        assert np.array_equal(painted.labels, labels)
        assert again.check() == []
    del held

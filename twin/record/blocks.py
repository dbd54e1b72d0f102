"""Arrays as compressed, content-addressed blocks of about 1 MiB.

A block is a run of an array's bytes in C order that ends on its first axes, so that an edit
of a region changes few of them. Before compression the bytes of numbers are sorted by
significance (first all low bytes, and so on): CT compresses four times as fast and a
quarter smaller that way.
"""

import functools
import hashlib
import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
import zstandard
from numpy.typing import NDArray

BLOCK_BYTES = 1 << 20
DIGEST_BYTES = 32

Item = TypeVar("Item")
Out = TypeVar("Out")
_LEVEL = 1


class Block(NamedTuple):
    """A stored block: ``size`` bytes when unpacked, numbers of ``item`` bytes each."""

    size: int
    item: int
    data: bytes


class DamagedBlock(Exception):
    """A stored block does not unpack to what it was."""


@functools.cache
def pool() -> ThreadPoolExecutor:
    """Return the threads that hash and compress (both let go of the interpreter)."""
    return ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="record")


def spread(work: Callable[[Item], Out], items: Sequence[Item]) -> list[Out]:
    """Return what the work makes of each item, by several threads; one item needs no other thread."""
    return [work(items[0])] if len(items) == 1 else list(pool().map(work, items))


def runs(shape: tuple[int, ...], item: int) -> list[slice]:
    """Return the runs of items, in C order, that an array's blocks are."""
    total = math.prod(shape)
    if total == 0:
        return []
    inner = total
    for axis, count in enumerate(shape):
        inner //= count
        if inner * item <= BLOCK_BYTES or axis == len(shape) - 1:
            break
    else:  # a number: no axis at all
        return [slice(0, 1)]
    span = count * inner
    step = inner * max(1, min(count, BLOCK_BYTES // (inner * item)))
    return [
        slice(start, min(start + step, outer + span))
        for outer in range(0, total, span)
        for start in range(outer, outer + span, step)
    ]


def flat_bytes(array: NDArray) -> NDArray[np.uint8]:
    """Return an array's bytes in C order, shape (bytes,); copied only where it is not contiguous."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def digest(data: NDArray[np.uint8]) -> bytes:
    """Return a block's address: the hash of its bytes."""
    return hashlib.blake2b(data.data, digest_size=DIGEST_BYTES).digest()


class Addressed(NamedTuple):
    """An array with the addresses of its blocks."""

    array: NDArray
    addresses: list[bytes]


def digests(array: NDArray, like: Addressed | None = None) -> list[bytes]:
    """Return the addresses of an array's blocks, in order.

    Parameters
    ----------
    like : Addressed, optional
        An array whose addresses are known: a block that is equal there has the same, and comparing is
        many times as fast as hashing.
    """
    raw, item = flat_bytes(array), array.dtype.itemsize
    cuts = [_bytes(run, item) for run in runs(array.shape, item)]
    if like is None or (like.array.shape, like.array.dtype) != (array.shape, array.dtype):
        return spread(lambda cut: digest(raw[cut]), cuts)
    old, known = flat_bytes(like.array), like.addresses

    def address(n: int) -> bytes:
        data = raw[cuts[n]]
        return known[n] if _equal(data, old[cuts[n]]) else digest(data)

    return spread(address, range(len(cuts)))


def _equal(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    whole = one.size // 8 * 8
    words = np.array_equal(one[:whole].view(np.uint64), other[:whole].view(np.uint64))
    return words and np.array_equal(one[whole:], other[whole:])


def split(joined: bytes) -> list[bytes]:
    """Return the addresses that were joined end to end."""
    return [joined[n : n + DIGEST_BYTES] for n in range(0, len(joined), DIGEST_BYTES)]


def _bytes(run: slice, item: int) -> slice:
    return slice(run.start * item, run.stop * item)


def pack(array: NDArray, wanted: Sequence[int]) -> list[Block]:
    """Compress the blocks of those numbers."""
    raw, item = flat_bytes(array), array.dtype.itemsize
    cuts = runs(array.shape, item)
    return spread(lambda n: _pack(raw[_bytes(cuts[n], item)], item), wanted)


def _pack(raw: NDArray[np.uint8], item: int) -> Block:
    plain = raw if item == 1 else np.ascontiguousarray(raw.reshape(-1, item).T)
    # A compressor serves one thread at a time; making one costs microseconds.
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    return Block(raw.size, item, compressor.compress(plain.data))


def unpack(block: Block, into: NDArray[np.uint8]) -> None:
    """Decompress a block into the bytes that are meant for it.

    Raises
    ------
    DamagedBlock
        Where it is not whole.
    """
    if into.size != block.size:
        raise DamagedBlock
    try:
        reader = zstandard.ZstdDecompressor()
        if block.item == 1:
            if reader.stream_reader(block.data).readinto(into) != block.size:
                raise DamagedBlock
            return
        plain = np.frombuffer(reader.decompress(block.data), np.uint8).reshape(block.item, -1)
        numbers = into.reshape(-1, block.item)
        # Byte by byte: numpy's own transposing copy is nine times as slow for two bytes.
        for place in range(block.item):
            numbers[:, place] = plain[place]
    except (zstandard.ZstdError, ValueError) as error:
        raise DamagedBlock from error


def assemble(
    shape: tuple[int, ...], dtype: np.dtype, addresses: list[bytes], block: Callable[[bytes], Block]
) -> NDArray:
    """Build an array from its blocks, each unpacked straight into its place.

    Parameters
    ----------
    block : callable (address) -> Block
        Called in this thread, in order; unpacking goes on meanwhile in others.

    Raises
    ------
    DamagedBlock
    """
    array = np.empty(shape, dtype)
    raw, item = array.reshape(-1).view(np.uint8), dtype.itemsize
    cuts = runs(shape, item)
    if len(cuts) != len(addresses):
        raise DamagedBlock
    if len(cuts) == 1:
        unpack(block(addresses[0]), raw)
        return array
    running = [
        pool().submit(unpack, block(address), raw[_bytes(run, item)])
        for run, address in zip(cuts, addresses, strict=True)
    ]
    for job in running:
        job.result()
    return array


def array_digest(shape: tuple[int, ...], dtype: np.dtype, addresses: list[bytes]) -> str:
    """Return an array's address, made of its shape, type and blocks."""
    head = f"{dtype.str} {','.join(map(str, shape))} ".encode()
    return hashlib.blake2b(head + b"".join(addresses), digest_size=DIGEST_BYTES).hexdigest()

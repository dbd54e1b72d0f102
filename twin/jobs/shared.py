"""Objects through a pipe, their arrays through shared memory.

Pickle's out-of-band buffers keep arrays out of the pipe: they are laid into one shared block,
and the receiver's arrays are views of it. The receiver unlinks the block's name as soon as it
has mapped it, so that the memory goes when the last view does, whatever happens to the process.
Where there is too little shared memory (64 MB in many containers), they go through the pipe.
"""

import contextlib
import mmap
import os
import pickle
import secrets
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np

PREFIX = "vitruvian"
TAKEN = "taken"
_INLINE_BYTES = 1 << 16
_ALIGN = 64


def send(connection: Connection, message: Any, prefix: str) -> SharedMemory | None:
    """Send a message; large arrays in it go by a shared block whose name starts with ``prefix``.

    Returns
    -------
    SharedMemory or None
        The block, to be closed when the receiver says ``TAKEN``: Windows drops one that nobody holds.
    """
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    views = [b.raw() for b in buffers]
    spans, size = [], 0
    for view in views:
        spans.append((size, view.nbytes))
        size += -(-view.nbytes // _ALIGN) * _ALIGN
    block = _reserve(prefix, size) if size > _INLINE_BYTES else None
    if block is None:
        # Not as bytes: arrays can be written to whichever way they came.
        connection.send_bytes(pickle.dumps((body, None, [bytearray(v) for v in views])))
        return None
    assert block.buf is not None  # it was made a line ago
    whole = np.frombuffer(block.buf, np.uint8)
    for view, (start, length) in zip(views, spans, strict=True):
        whole[start : start + length] = np.frombuffer(view, np.uint8)
    del whole
    connection.send_bytes(pickle.dumps((body, block.name, spans)))
    return block


def _reserve(prefix: str, size: int) -> SharedMemory | None:
    """Return a new block with its memory behind it; None where there is not so much."""
    try:
        # macOS allows 31 characters in all.
        block = SharedMemory(name=prefix + secrets.token_hex(2), create=True, size=size)
    except OSError:
        return None
    if hasattr(os, "posix_fallocate"):
        # Without it the system promises memory that it lacks, and kills who writes to it.
        try:
            os.posix_fallocate(block._fd, 0, size)  # type: ignore[attr-defined]
        except OSError:
            block.close()
            block.unlink()
            return None
    return block


def remove(prefix: str) -> None:
    """Remove the blocks that a killed process has left, as far as the system lists them (Linux)."""
    for path in (p for p in Path("/dev/shm").glob(f"{prefix}*") if p.is_file()):
        with contextlib.suppress(FileNotFoundError):
            block = SharedMemory(name=path.name)
            block.close()
            block.unlink()


def receive(connection: Connection) -> Any:
    """Receive what ``send`` sent; its arrays are views of shared memory."""
    body, name, parts = pickle.loads(connection.recv_bytes())
    if name is None:
        return pickle.loads(body, buffers=parts)
    block = SharedMemory(name=name)
    block.unlink()
    whole = np.frombuffer(_mapping(block), np.uint8)
    connection.send((TAKEN, None))
    return pickle.loads(body, buffers=[whole[start : start + length].data for start, length in parts])


def _mapping(block: SharedMemory) -> mmap.mmap:
    """Take the mapping out of a block: it then lives as long as its last view, and no longer.

    ``SharedMemory`` itself wants to be closed by hand, after the last view: nobody could know when.
    """
    mapping: mmap.mmap = block._mmap  # type: ignore[attr-defined]
    block._buf.release()  # type: ignore[attr-defined]
    block._buf = block._mmap = None  # type: ignore[attr-defined]
    block.close()
    return mapping

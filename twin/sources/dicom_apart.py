"""Decoding in a process apart: gdcm ends its process on some broken pictures, and must not end ours."""

import atexit
import contextlib
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
LEAST_SECONDS = 5.0
BYTES_A_SECOND = 2e6
"""A picture that takes longer than these allow is broken: decoders work at some 100 MB/s."""


class Decoder:
    """A process that decodes pictures: started at the first, and anew after one that it did not survive."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def decode(self, path: Path, syntax: str, index: int, color: bool, size_bytes: int) -> NDArray:
        """Return a decoded frame, as stored where it is gray, as RGB where it is in color.

        Raises
        ------
        ValueError
            With what the decoder says, or that it gave up.
        """
        with self._turn:
            process = self._process or self._start()
            assert process.stdin is not None
            assert process.stdout is not None
            late = threading.Timer(LEAST_SECONDS + size_bytes / BYTES_A_SECOND, process.kill)
            late.start()
            try:
                pickle.dump((str(path), syntax, index, color), process.stdin)
                process.stdin.flush()
                answer = pickle.load(process.stdout)
            except (OSError, EOFError, pickle.UnpicklingError):
                self.close()
                raise ValueError("its picture is broken, the decoder gave up on it") from None
            finally:
                late.cancel()
        if isinstance(answer, str):
            raise ValueError(answer)
        return np.asarray(answer)

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            env=os.environ | {"PYTHONPATH": os.pathsep.join(p or os.getcwd() for p in sys.path)},
        )  # fmt: skip
        return self._process

    def close(self) -> None:
        """End the process; it ends by itself when this one does, since nobody asks it any more."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


DECODER = Decoder()
"""The one of this process."""

atexit.register(DECODER.close)


def _serve() -> None:
    """Answer on standard output what is asked on standard input, until that ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    while True:
        try:
            path, syntax, index, color = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        answer: Any
        try:
            answer = _decode(path, syntax, index, color)
        except Exception as e:
            answer = " ".join(str(e).split())[:300].rstrip(".") or type(e).__name__
        pickle.dump(answer, answers, protocol=pickle.HIGHEST_PROTOCOL)
        answers.flush()


_opened: dict[str, Any] = {}


def _decode(path: str, syntax: str, index: int, color: bool) -> NDArray:
    import pydicom
    from pydicom.pixels import pixel_array

    if path not in _opened:
        _opened.clear()
        _opened[path] = pydicom.dcmread(path, force=True)
        if "TransferSyntaxUID" not in _opened[path].file_meta:
            _opened[path].file_meta.TransferSyntaxUID = syntax
    if syntax == JPEG_EXTENDED and _opened[path].BitsStored > 8:
        return _twelve_bits(path, _opened[path], index)
    return pixel_array(_opened[path], index=index, raw=not color)


def _twelve_bits(path: str, ds: Any, index: int) -> NDArray:
    """Decode by gdcm itself: it can, but pydicom does not ask it to."""
    import gdcm

    reader = gdcm.ImageReader()
    reader.SetFileName(path)
    if not reader.Read():
        raise ValueError("gdcm does not read it")
    stored = reader.GetImage().GetBuffer()
    stored = stored.encode("utf-8", "surrogateescape") if isinstance(stored, str) else stored
    kind = np.int16 if ds.PixelRepresentation else np.uint16
    return np.frombuffer(stored, kind).reshape(-1, ds.Rows, ds.Columns)[index]


if __name__ == "__main__":
    _serve()

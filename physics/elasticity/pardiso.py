"""Cholesky factors from Intel MKL's PARDISO, where MKL is installed (Windows and Linux on x86-64).

MKL is called directly: the general wrapper hashes and copies the matrix and knows no blocks.
Interface: Intel oneMKL Developer Reference, "oneMKL PARDISO – Parallel Direct Sparse Solver".
"""

import ctypes
import functools
import importlib.metadata
import os
import weakref
from ctypes.util import find_library
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from physics.elasticity.matrix import BlockMatrix
from twin.errors import UserError

POSITIVE_DEFINITE, INDEFINITE = 2, -2
ANALYZE, FACTORIZE, SOLVE, RELEASE = 11, 22, 33, -1


class FactorizationError(UserError):
    """PARDISO failed; the message holds its code (−4: not positive definite, −2: memory)."""


@functools.cache
def _library() -> ctypes.CDLL | None:
    """Return MKL, or None where it is not installed."""
    places: list[str] = []
    try:
        files = importlib.metadata.files("mkl") or []
        places = [str(f.locate()) for f in files if "mkl_rt" in f.name and not f.name.endswith(".lib")]
    except importlib.metadata.PackageNotFoundError:
        pass
    found = find_library("mkl_rt")
    for place in [*places, *([found] if found else [])]:
        try:
            if hasattr(os, "add_dll_directory") and Path(place).is_file():
                os.add_dll_directory(str(Path(place).resolve().parent))
            library = ctypes.CDLL(place)
            library.pardiso.restype = None
        except (OSError, AttributeError):
            continue
        return library
    return None


def available() -> bool:
    """Tell whether PARDISO can be used here."""
    return _library() is not None


class Cholesky:
    """Cholesky factors of a block matrix, kept for any number of right-hand sides.

    The ordering works on the graph of nodes (block rows), a ninth of the entries. In double
    precision: single halves the factors but takes four solutions for 1e-8 where double takes one.

    Parameters
    ----------
    matrix : BlockMatrix
        Symmetric positive definite.

    Raises
    ------
    FactorizationError
    """

    name = "PARDISO Cholesky"
    most = 10

    def __init__(self, matrix: BlockMatrix) -> None:
        rows = np.repeat(np.arange(len(matrix.start) - 1, dtype=np.int32), np.diff(matrix.start))
        self._upper = np.flatnonzero(matrix.columns >= rows)
        self._columns = np.ascontiguousarray(matrix.columns[self._upper])
        self._start = np.searchsorted(self._upper, matrix.start).astype(np.int32)
        self._blocks = matrix.blocks[self._upper]
        self._memory = np.zeros(64, np.int64)
        self._options = np.zeros(64, np.int32)
        self._options[0] = 1  # no defaults: all options are given here
        self._options[1] = 3  # parallel nested dissection
        self._options[23] = 1  # two-level factorization
        self._options[34] = 1  # indices from 0
        self._options[36] = 3  # rows of 3×3 blocks
        weakref.finalize(self, release, POSITIVE_DEFINITE, self._memory, self._options)
        self._call(ANALYZE)
        self._call(FACTORIZE)

    def renew(self, matrix: BlockMatrix) -> None:
        """Factorize another matrix of the same pattern, with the ordering there is."""
        self._blocks = matrix.blocks[self._upper]
        self._call(FACTORIZE)

    def solve(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return approximate solutions (rows, 3, k)."""
        lanes = right.shape[2]
        given = np.ascontiguousarray(right.reshape(-1, lanes).T)
        solution = np.empty_like(given)
        self._call(SOLVE, given, solution)
        return np.ascontiguousarray(solution.T).reshape(right.shape)

    def _call(self, phase: int, given: NDArray | None = None, solution: NDArray | None = None) -> None:
        empty = np.zeros(1)
        given = empty if given is None else given
        solution = empty if solution is None else solution
        error = call(
            POSITIVE_DEFINITE, phase, len(self._start) - 1, self._memory, self._options,
            (self._blocks, self._start, self._columns), given, solution,
        )  # fmt: skip
        if error:
            raise FactorizationError(
                f"PARDISO could not solve the equations of {len(self._start) - 1} nodes (its error {error}).",
                "Choose the solver “amg”, which needs less memory, or a coarser mesh.",
            )


def call(
    kind: int,
    phase: int,
    rows: int,
    memory: NDArray[np.int64],
    options: NDArray[np.int32],
    matrix: tuple[NDArray, NDArray, NDArray],
    given: NDArray,
    solution: NDArray,
) -> int:
    """Call the library with a matrix of compressed upper rows; return its error code."""

    def at(array: NDArray) -> ctypes.c_void_p:
        return array.ctypes.data_as(ctypes.c_void_p)

    def number(value: int) -> object:
        return ctypes.byref(ctypes.c_int32(value))

    library = _library()
    if library is None:
        return -100
    lanes = given.shape[0] if given.ndim == 2 else 1
    error = ctypes.c_int32(0)
    library.pardiso(
        at(memory), number(1), number(1), number(kind), number(phase), number(rows),
        *(at(array) for array in matrix), at(np.zeros(1, np.int32)), number(lanes), at(options), number(0),
        at(given), at(solution), ctypes.byref(error),
    )  # fmt: skip
    return error.value


def release(kind: int, memory: NDArray[np.int64], options: NDArray[np.int32]) -> None:
    """Give the factors' memory back."""
    none = np.zeros(1)
    call(kind, RELEASE, 0, memory, options, (none, none, none), none, none)

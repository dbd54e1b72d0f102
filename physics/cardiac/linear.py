"""The symmetric, indefinite equations of displacement and pressure: pattern, assembly, factors."""

import weakref
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numba import njit, prange
from numpy.typing import NDArray

from physics.elasticity import pardiso
from physics.elasticity.pardiso import FactorizationError


@njit(cache=True, parallel=True)
def _collect(values, order, start, numbers):  # type: ignore[no-untyped-def]
    """Fill each number with the sum of the element entries that fall on it."""
    for n in prange(start.size - 1):
        total = 0.0
        for at in range(start[n], start[n + 1]):
            total += values[order[at]]
        numbers[n] = total


class Pattern:
    """Where the entries of symmetric element matrices go in compressed upper rows.

    Parameters
    ----------
    groups : sequence of ndarray of int, shape (m, k)
        The unknowns of each element, of as many kinds of elements as there are; −1 for those that are held.
    count : int
        Unknowns.
    """

    def __init__(self, groups: list[NDArray[np.int64]], count: int) -> None:
        keys, sizes = [], []
        for places in groups:
            first, second = np.triu_indices(places.shape[1])
            a, b = places[:, first].astype(np.int64), places[:, second].astype(np.int64)
            key = np.minimum(a, b) * count + np.maximum(a, b)
            key[(a < 0) | (b < 0)] = -1
            keys.append(key.ravel())
            sizes.append(key.size)
        diagonal = np.arange(count, dtype=np.int64) * (count + 1)
        whole = np.concatenate([*keys, diagonal])
        kept, numbers = np.unique(whole, return_inverse=True)
        free = 1 if kept[0] < 0 else 0
        kept = kept[free:]
        rows = kept // count
        self.columns = (kept % count).astype(np.int32)
        self.start = np.searchsorted(rows, np.arange(count + 1)).astype(np.int32)
        self.count = count
        self.diagonal = (numbers[-count:] - free).astype(np.int64)
        self._parts = []
        edges = np.concatenate([[0], np.cumsum(sizes)])
        for begin, end in pairwise(edges):
            at = numbers[begin:end] - free
            order = np.argsort(at, kind="stable")[int((at < 0).sum()) :].astype(np.int32)
            self._parts.append((order, np.searchsorted(at[order], np.arange(len(kept) + 1)).astype(np.int32)))

    def assemble(self, matrices: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return the numbers of the upper rows, from element entries (m, k (k + 1) / 2) of every group."""
        numbers = np.zeros(len(self.columns))
        part = np.empty_like(numbers)
        for values, (order, start) in zip(matrices, self._parts, strict=True):
            _collect(values.reshape(-1), order, start, part)
            numbers += part
        return numbers


class Factors:
    """LDLᵀ factors of a symmetric indefinite matrix, made anew with ``renew``: the ordering is kept.

    Where MKL is not installed, SuperLU of the whole matrix takes the place, several times slower.

    Parameters
    ----------
    pattern : Pattern
    single : bool
        Whether the factors are kept in single precision: half the time and memory, and solutions to some
        1e-4, which is enough where a search goes on anyway. Numbers beyond single precision get double.
    """

    def __init__(self, pattern: Pattern, *, single: bool = False) -> None:
        self._pattern = pattern
        self._single = single
        self._memory: NDArray[np.int64] | None = None
        self._options = np.zeros(64, np.int32)
        self._numbers = np.zeros(0)
        self._lu: Any = None

    def renew(self, numbers: NDArray[np.float64]) -> None:
        """Factorize; ``FactorizationError`` where that fails."""
        if not pardiso.available():
            self._lu = self._whole(numbers)
            return
        if self._single and not np.abs(numbers).max() < np.finfo(np.float32).max / 1e8:
            self._single, self._memory = False, None
        self._numbers = numbers.astype(np.float32 if self._single else np.float64)
        if self._memory is None:
            self._begin()
        self._call(pardiso.FACTORIZE)

    def solve(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return solutions for rows (k, count)."""
        if self._lu is not None:
            return np.ascontiguousarray(self._lu.solve(right.T).T)
        given = np.ascontiguousarray(right, self._numbers.dtype)
        solution = np.empty_like(given)
        self._call(pardiso.SOLVE, given, solution)
        return solution.astype(np.float64, copy=False)

    def _whole(self, numbers: NDArray[np.float64]) -> Any:
        upper = scipy.sparse.csr_matrix((numbers, self._pattern.columns, self._pattern.start))
        both = upper + scipy.sparse.triu(upper, 1).T
        try:
            return scipy.sparse.linalg.splu(both.tocsc(), permc_spec="MMD_AT_PLUS_A")
        except RuntimeError as error:
            raise FactorizationError("The equations of the heart's wall are singular.") from error

    def _begin(self) -> None:
        """Order the unknowns; the library's memory is given back with this object."""
        self._memory = np.zeros(64, np.int64)
        self._options = np.zeros(64, np.int32)
        self._options[0] = 1  # no defaults: all options are given here
        self._options[1] = 3  # parallel nested dissection
        self._options[7] = 0 if self._single else 1  # refinements
        self._options[9] = 8  # pivots below 1e-8 are lifted
        self._options[20] = 1  # Bunch and Kaufman's pivots
        self._options[23] = 1  # two-level factorization
        self._options[27] = int(self._single)
        self._options[34] = 1  # indices from 0
        weakref.finalize(self, pardiso.release, pardiso.INDEFINITE, self._memory, self._options)
        self._call(pardiso.ANALYZE)

    def _call(self, phase: int, given: NDArray | None = None, solution: NDArray | None = None) -> None:
        assert self._memory is not None
        none = np.zeros(1, self._numbers.dtype)
        matrix = (self._numbers, self._pattern.start, self._pattern.columns)
        error = pardiso.call(
            pardiso.INDEFINITE, phase, self._pattern.count, self._memory, self._options, matrix,
            none if given is None else given, none if solution is None else solution,
        )  # fmt: skip
        if error:
            raise FactorizationError(
                f"PARDISO could not solve the equations of the heart's wall (its error {error}).",
                "Take smaller steps of the load, or a mesh without flat elements.",
            )

"""Sparse equations that are not symmetric: assembled from elements, solved by PARDISO or SuperLU."""

import weakref

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray

from physics.elasticity import pardiso
from physics.elasticity.pardiso import FactorizationError

Array = NDArray[np.float64]

_KIND = 11
"""Real and unsymmetric."""


class General:
    """Equations whose pattern stays.

    Parameters
    ----------
    places : ndarray of int, shape (m, k)
        The unknowns of each element; −1 for those that are held.
    count : int
        Unknowns.
    """

    def __init__(self, places: NDArray[np.int64], count: int) -> None:
        rows = np.repeat(places, places.shape[1], axis=1).ravel()
        columns = np.tile(places, (1, places.shape[1])).ravel()
        self._kept = np.flatnonzero((rows >= 0) & (columns >= 0))
        keys, self._at = np.unique(rows[self._kept] * count + columns[self._kept], return_inverse=True)
        self._start = np.searchsorted(keys // count, np.arange(count + 1)).astype(np.int32)
        self._columns = (keys % count).astype(np.int32)
        self._entries, self._count = len(keys), count
        self._memory = np.zeros(64, np.int64)
        self._options = np.zeros(64, np.int32)
        self._options[0] = 1  # no defaults: all options are given here
        self._options[1] = 3  # parallel nested dissection
        self._options[7] = 2  # refinements
        self._options[9] = 13  # pivots below 1e-13 are lifted
        self._options[10] = 1  # scaled
        self._options[12] = 1  # matched
        self._options[34] = 1  # indices from 0
        self._begun = False

    def solve(self, matrices: Array, right: Array) -> Array:
        """Return the solution (count,) of element matrices (m, k, k).

        Raises
        ------
        FactorizationError
        """
        numbers = np.bincount(self._at, matrices.reshape(-1)[self._kept], self._entries)
        if not pardiso.available():
            whole = scipy.sparse.csr_matrix((numbers, self._columns, self._start)).tocsc()
            try:
                return np.asarray(scipy.sparse.linalg.splu(whole).solve(right))
            except RuntimeError as error:
                raise FactorizationError("The equations of the unloaded shape are singular.") from error
        if not self._begun:
            weakref.finalize(self, pardiso.release, _KIND, self._memory, self._options)
            self._begun = True
        # Scaling and matching look at the numbers, so the ordering is made anew with them.
        for phase in (pardiso.ANALYZE, pardiso.FACTORIZE, pardiso.SOLVE):
            solution = np.empty_like(right)
            failed = pardiso.call(
                _KIND, phase, self._count, self._memory, self._options,
                (numbers, self._start, self._columns), np.ascontiguousarray(right), solution,
            )  # fmt: skip
            if failed:
                raise FactorizationError(
                    f"PARDISO could not solve for the unloaded shape (its error {failed})."
                )
        return solution

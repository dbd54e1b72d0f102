"""How work reports on itself and learns that it should stop."""

from collections.abc import Callable

from twin.errors import Cancelled


def _ignore(_fraction: float, _text: str) -> None:
    pass


def _never() -> bool:
    return False


class Progress:
    """A progress report with a stop sign.

    Call it often (every 100 ms or so) with the fraction done and what is being done.

    Parameters
    ----------
    report : callable (fraction, text)
        Takes the report on; does nothing by default.
    stop : callable () -> bool
        Tells whether the work should stop; never by default.
    start, end : float
        The part of the whole that this report covers.
    """

    def __init__(
        self,
        report: Callable[[float, str], None] = _ignore,
        stop: Callable[[], bool] = _never,
        start: float = 0.0,
        end: float = 1.0,
    ) -> None:
        self._report, self._stop, self._start, self._end = report, stop, start, end

    def __call__(self, fraction: float, text: str = "") -> None:
        """Report ``fraction`` (0..1) done; raises ``Cancelled`` where the work should stop."""
        if self._stop():
            raise Cancelled
        self._report(self._start + (self._end - self._start) * min(max(fraction, 0.0), 1.0), text)

    def between(self, start: float, end: float) -> "Progress":
        """Return a report for the part of this work from ``start`` to ``end`` (0..1)."""
        span = self._end - self._start
        return Progress(self._report, self._stop, self._start + span * start, self._start + span * end)

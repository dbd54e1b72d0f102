"""Numbers of a result, of a moving organ or of a heart as CSV."""

import csv
import math
from pathlib import Path

from twin.domain import Heart, Motion, Result
from twin.progress import Progress

COLUMNS = (
    "structure", "side", "name", "value", "unit", "low", "high", "causes", "x_lps_mm", "y_lps_mm", "z_lps_mm",
    "remark", "limits",
)  # fmt: skip


def write(result: Result | Motion | Heart, path: Path, _progress: Progress) -> None:
    """Write one row a number, with its interval, its causes, its place, its remark and the model's limits."""
    limits = "" if isinstance(result, Motion) else "; ".join(result.limits)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for n in result.numbers:
            causes = "; ".join(
                f"{why}: {low:.9g} to {high:.9g}" for why, (low, high) in (n.causes or {}).items()
            )
            place = [f"{x:.9g}" for x in n.at] if n.at else ["", "", ""]
            bounds = [_written(b) for b in (n.low, n.high)]
            rows.writerow(
                [
                    result.structure,
                    result.side,
                    n.name,
                    _written(n.value),
                    n.unit,
                    *bounds,
                    causes,
                    *place,
                    n.remark,
                    limits,
                ]
            )


def _written(value: float | None) -> str:
    """Return a number as CSV has it; nothing where it is none or not finite."""
    return f"{value:.9g}" if value is not None and math.isfinite(value) else ""

"""Run benchmarks: ``python -m benchmarks [NAME ...] [--json]``."""

import argparse
import importlib
import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
THREADS = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2"
)
_NAME = re.compile(r'^NAME = "([^"]+)"', re.MULTILINE)
_MARK = "benchmark-rows: "


def benchmarks() -> dict[str, str]:
    """Return the module of every benchmark by name, without importing any."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        name = _NAME.search(path.read_text(encoding="utf-8"))
        if name:
            found[name[1]] = f"benchmarks.{path.stem}"
    return found


def run_here(module: str) -> list[dict[str, Any]]:
    """Run one benchmark in this process."""
    benchmark = importlib.import_module(module)
    if hasattr(benchmark, "rows"):
        return benchmark.rows()
    ours = statistics.median(benchmark.measure())
    return [
        {
            "name": benchmark.NAME, "ours": ours, "peer": None, "peer_name": None, "unit": "ms",
            "ratio": None, "goal": benchmark.GOAL_MS, "within": ours <= benchmark.GOAL_MS,
        }
    ]  # fmt: skip


def run_apart(module: str) -> list[dict[str, Any]]:
    """Run one benchmark in a process of its own; what it prints goes to standard error."""
    command = [sys.executable, "-m", "benchmarks", "--child", module]
    ended = subprocess.run(
        command, cwd=ROOT, env=os.environ | THREADS, stdout=subprocess.PIPE, text=True, check=False
    )
    answer = None
    for line in ended.stdout.splitlines():
        if line.startswith(_MARK):
            answer = json.loads(line.removeprefix(_MARK))
        else:
            print(line, file=sys.stderr)
    if answer is None:
        raise SystemExit(f"{module} failed (exit status {ended.returncode}).")
    return answer


def show(row: dict[str, Any]) -> str:
    """Return a row as a line of text."""
    peer = (
        ""
        if row["peer"] is None
        else f"{row['peer_name']} {row['peer']:.3g} {row['unit']}, ratio {row['ratio']:.2f}"
    )
    verdict = {True: "within", False: "OUTSIDE", None: "no peer here"}[row["within"]]
    return (
        f"{row['name']:<28} {row['ours']:>9.3g} {row['unit']:<3} goal {row['goal']:<6g} {verdict:<13} {peer}"
    )


def main() -> int:
    """Run what the command line names; 1 where something lies outside its goal."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run; all without one")
    parser.add_argument("--json", action="store_true", help="one JSON list on standard output")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(_MARK + json.dumps(run_here(options.child)), flush=True)
        return 0
    known = benchmarks()
    for name in options.names:
        if name not in known:
            parser.error(f"there is no benchmark “{name}”; there are: {', '.join(known)}")
    found: list[dict[str, Any]] = []
    for name in options.names or known:
        for row in run_apart(known[name]):
            found.append(row)
            print(show(row), file=sys.stderr if options.json else sys.stdout, flush=True)
    if options.json:
        print(json.dumps(found, indent=2))
    return 1 if any(row["within"] is False for row in found) else 0


if __name__ == "__main__":
    sys.exit(main())

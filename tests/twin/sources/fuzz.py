"""Mutates files and reads them, in a process of its own so that a crash is seen: what a broken file may do.

``python -m tests.twin.sources.fuzz SEED COUNT FOLDER ...`` takes a folder as one case's whole and writes
each broken case into a temporary one. It prints the number of each case before it runs, so that the last
line of a process that died names the culprit, and ends with a line of JSON.
"""

import json
import resource
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path

import numpy as np

from twin.errors import SourceError
from twin.process import peak_mb
from twin.sources import read, scan

MOST_BYTES = 4 << 30
MOST_SECONDS = 5
"""Of the processor, for one case; the system then ends the process, also within a decoder."""

_EXTREMES = (
    b"\0\0",
    b"\xff\xff",
    b"\xff\x7f",
    b"\x00\x80",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
)
_WORDS = (b"1e999", b"-1", b"nan", b"0", b"99999999999", b"\\\\", b"inf", b"1e-300")


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a file's bytes with one to eight faults; the header is hit more often than its share."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 9))):
        if len(out) < 140:
            break
        at = int(rng.integers(len(out)) if rng.random() < 0.3 else rng.integers(128, min(len(out), 3000)))
        match int(rng.integers(7)):
            case 0:
                out[at] ^= 1 << int(rng.integers(8))
            case 1:
                out[at] = int(rng.integers(256))
            case 2:
                word = _EXTREMES[int(rng.integers(len(_EXTREMES)))]
                out[at : at + len(word)] = word
            case 3:
                word = _WORDS[int(rng.integers(len(_WORDS)))]
                out[at : at + len(word)] = word
            case 4:
                del out[at : at + int(rng.integers(1, 40))]
            case 5:
                out[at:at] = out[at : at + int(rng.integers(1, 200))]
            case _:
                if rng.random() < 0.2:
                    del out[at:]
    return bytes(out)


def survives(folder: Path) -> str:
    """Read what is in a folder; returns how it ended, or raises what no user should see."""
    found = scan([folder])
    for message in found.problems:
        assert str(folder) in message, message
    ended = "refused" if found.problems else "read"
    for series in found.series:
        if not series.is_volume and not series.gaps:
            assert series.why_not
            ended = "refused"
            continue
        try:
            read(series, accept_gaps=True)
        except SourceError as error:
            if str(folder) not in error.message:
                raise
            ended = "refused"
    return ended


def main(seed: int, count: int, sources: list[Path]) -> None:
    """Run ``count`` cases over the folders."""
    # What is loaded once is not the case's: no limit of its own may hit it.
    for source in sources:
        survives(source)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    rng = np.random.default_rng(seed)
    ends: Counter[str] = Counter()
    faults = []
    for n in range(count):
        source = sources[n % len(sources)]
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "case"
            shutil.copytree(source, folder)
            files = sorted(p for p in folder.rglob("*") if p.is_file())
            for file in rng.choice(np.array(files, dtype=object), min(len(files), 2), replace=False):
                file.write_bytes(mutated(file.read_bytes(), rng))
            print(n, source, flush=True)
            signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
            try:
                ends[survives(folder)] += 1
            except Exception:
                faults.append(f"case {n}, {source}: {traceback.format_exc()[-1500:]}")
            signal.setitimer(signal.ITIMER_PROF, 0)
    # Not getrusage: across a fork it begins with the parent's size.
    peak = round(peak_mb() * 1e6)
    print(json.dumps({"ends": ends, "faults": faults, "peak_bytes": peak}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), [Path(p) for p in sys.argv[3:]])

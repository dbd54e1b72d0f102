"""The command that makes a reference patient and does the whole job on it: demo."""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from desktop import words
from desktop.cli import command
from desktop.cli.checking import has_screen, missing_libraries, say_missing
from desktop.cli.walking import steps_of
from desktop.cli.work import answer, run_call, run_job
from desktop.walk import WALKS
from twin.errors import UserError
from twin.jobs import Job
from twin.progress import Progress

DEMOS = {
    "heart": "twin.reference.heart",
    "hip": "twin.reference.hip",
    "infarct": "twin.reference.infarct",
}
"""Ways to the modules that make their patients."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the parser."""
    p = command(commands, "demo", "Make a reference patient, do the whole job on it, show it")
    p.add_argument("patient", choices=sorted(DEMOS))
    p.add_argument(
        "--headless", action="store_true", help="write pictures and report instead of opening the window"
    )
    p.add_argument("-o", "--output", metavar="DIR", help="folder for what is made (default: demo-PATIENT)")
    p.set_defaults(act=demo)


def demo(options: argparse.Namespace) -> int:
    """Make the patient, walk the walk, and open the window or write the pictures."""
    missing = missing_libraries()
    if missing:
        return say_missing(missing)
    folder = Path(options.output).absolute() if options.output else _free_folder(f"demo-{options.patient}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"reference {options.patient}.twin"
    if path.exists():
        raise UserError(f"{path} exists already.", "Name another folder with -o, or move it away.")
    started = time.monotonic()
    summary = _walk(path, folder, options.patient)
    summary["seconds"] = round(time.monotonic() - started, 1)
    (folder / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False, default=str))
    for line in summary["told"]:
        print(line)
    _say(f"Done in {summary['seconds']:.0f} s. Everything is in {folder}")
    if has_screen() and not options.headless:
        from desktop.window import run

        return run([str(path)])
    return 0


def _free_folder(name: str) -> Path:
    """Return the folder of that name here, numbered where an earlier demo's is in the way."""
    folder, number = Path(name).absolute(), 1
    while folder.exists():
        number += 1
        folder = Path(f"{name}-{number}").absolute()
    return folder


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _walk(path: Path, folder: Path, patient: str) -> dict[str, Any]:
    from desktop.catalogue import load as load_steps
    from desktop.films import draw_film, moves
    from desktop.key_numbers import key_lines
    from desktop.pictures import draw, slug
    from desktop.report import write
    from twin.record import Record
    from twin.run import prepare

    load_steps()
    way = WALKS[patient]
    _say("Making the reference patient ...")
    true = run_job(Job(_make_patient, DEMOS[patient], folder / "dicom", title="reference patient"))
    steps: list[dict[str, Any]] = []
    first: list[Path] = []
    with Record.create(path) as record:
        brought = prepare(record, "import.images", {}, {"paths": (str(folder / "dicom"),)})
        for entry in itertools.chain([run_call(record, brought)], steps_of(record, way, way.structure)):
            steps.append(answer(record, entry))
            _say(f"  {entry.step:<26} {entry.seconds:6.1f} s  {_made(entry.outputs)}")
            if entry.step == "import.images":  # something to look at while the rest is made
                first = run_job(Job(draw, path, folder, title="first pictures"))
                _say(f"  the first pictures are there: {', '.join(p.name for p in first)}")
        record.flush()
        pictures = run_job(Job(draw, path, folder, title="pictures"))
        for picture in set(first) - set(pictures):
            picture.unlink()  # the same slices are among the last ones
        report = write(record, folder / "report.pdf", pictures)
        films = []
        for moving in (e for e in record.entries() if moves(e.kind, e.tree)):
            target, title = folder / f"{slug(moving.name)}.gif", f"film of {moving.name}"
            films.append(run_job(Job(draw_film, path, moving.id, target, True, title=title)))
        told = [*key_lines(record), *_beside_truth(steps, true)]
    return {
        "patient": patient,
        "record": path.name,
        "steps": steps,
        "pictures": [p.name for p in pictures],
        "films": [p.name for p in films],
        "report": report.name,
        "made_with": true,
        "told": told,
    }


def _beside_truth(steps: Sequence[Mapping[str, Any]], true: Mapping[str, float]) -> Iterator[str]:
    """Yield what the patient was made with, beside what each step found of it."""
    yield "The patient was made with:"
    for name, value in true.items():
        title, made = words.told(name, float(value))
        found = [
            f"{words.told(name, step['summary'][name])[1]} by {step['step']}"
            for step in steps
            if name in step["summary"]
        ]
        yield f"  {title}: {made}; found: {', '.join(found) or 'nothing that tells it'}"


def _made(outputs: dict[str, dict[str, Any]]) -> str:
    return ", ".join(o["name"] for o in outputs.values())


def _make_patient(module: str, folder: Path, progress: Progress) -> dict[str, float]:
    import importlib

    make: Callable[[Path, Progress], dict[str, float]] = importlib.import_module(module).write_patient
    return make(folder, progress)

"""Running steps from the command line: as jobs, under a progress bar."""

import contextlib
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from desktop import words
from physics.beat_names import KEYS
from physics.conditions import DEFAULTS, beat_conditions, conditions
from twin.errors import Cancelled, UserError
from twin.jobs import Job, sweep
from twin.record import Call, Entry, LogEntry, Record
from twin.steps import find


class Bar:
    """A progress bar on standard error; silent where that is no terminal."""

    def __init__(self, title: str) -> None:
        self._title, self._shown = title, False
        self._terminal = sys.stderr.isatty()

    def __call__(self, job: Job) -> None:
        """Show where a job stands."""
        if not self._terminal:
            return
        left = f" {job.seconds_left:.0f} s left" if job.seconds_left else ""
        done = round(24 * job.fraction)
        bar = "█" * done + "░" * (24 - done)
        sys.stderr.write(f"\r\x1b[K{self._title} {bar} {job.fraction:4.0%} {job.text}{left}")
        sys.stderr.flush()
        self._shown = True

    def close(self) -> None:
        """Clear the line."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")


def run_job(job: Job) -> Any:
    """Wait for a job under a bar; Ctrl+C stops it. Clears away first what killed programs left."""
    sweep()
    bar = Bar(job.title)
    try:
        return job.wait(bar)
    except KeyboardInterrupt:
        raise Cancelled from None
    finally:
        job.close()
        bar.close()


def run_call(record: Record, call: Call) -> LogEntry:
    """Run one prepared call, in place where it is quick, else as a job, and commit it."""
    from twin import run
    from twin.jobs.step_job import StepJob

    step = find(call.step)
    if step.quick:
        return run.run(record, call)
    job = StepJob(record, call)
    run_job(job)
    with _whole(step.title):
        return job.finish()


@contextlib.contextmanager
def _whole(title: str) -> Iterator[None]:
    """Let Ctrl+C wait until a result is in the record, and say then that it is."""
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: heard.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard:
        raise UserError(f"Stopped when “{title}” was done and in the record.", "Undo takes it back.")


def parse_pairs(given: list[str], what: str, step: str = "") -> dict[str, str]:
    """Return ``NAME=VALUE`` words as a dict; ``UserError`` where one has no equals sign.

    ``step``: whose parameters they are; the error gives one of them as an example.
    """
    pairs = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UserError(f"“{word}” is not {what}=VALUE.", _example(step, word) if step else "")
        pairs[name] = value
    return pairs


def _example(step: str, word: str) -> str:
    """Return how a parameter is set: that which has the word among its choices, else the first."""
    from twin.steps import find

    known = find(step).parameters
    choice = next((f"{p.name}={word}" for p in known if word in p.choices), "")
    first = next((f"{p.name}={p.low if p.default is None else p.default}" for p in known), "")
    return f"For example: --set {choice or first}." if choice or first else ""


def parse_inputs(given: list[str]) -> dict[str, str]:
    """Return ``NAME=ENTITY`` words as a dict; a name given twice is numbered: ``NAME 1``, ``NAME 2``."""
    names = [next(iter(parse_pairs([word], "NAME"))) for word in given]
    found = {}
    for n, (name, word) in enumerate(zip(names, given, strict=True)):
        key = name if names.count(name) == 1 else f"{name} {names[: n + 1].count(name)}"
        found[key] = word.partition("=")[2]
    return found


def answer(record: Record, entry: LogEntry) -> dict[str, Any]:
    """Return what a step's ``--json`` answer holds."""
    outputs = [
        {"id": output["id"], "kind": output["kind"], "name": output["name"], "role": role}
        for role, output in entry.outputs.items()
    ]
    return {
        "step": entry.step,
        "version": entry.version,
        "seconds": entry.seconds,
        "peak_mb": entry.peak_mb,
        "outputs": outputs,
        "summary": entry.summary,
    }


def print_entry(record: Record, entry: LogEntry) -> None:
    """Print what a step made, for a person."""
    new = ", ".join(f"{o['name']} ({o['kind']} {o['id']})" for o in entry.outputs.values()) or "nothing new"
    print(f"{entry.step}: {new}  [{entry.seconds:.1f} s, {entry.peak_mb:.0f} MB]")
    made = [record.find(output["id"]) for output in entry.outputs.values()]
    for line in (*summary_in_words(_named_once(entry.summary, made)), *_around(entry, made)):
        print(f"  {line}")


def _named_once(summary: Mapping[str, Any], made: Sequence[Entry]) -> dict[str, Any]:
    """Return a beat's summary by the names that its numbers bear everywhere, with their intervals.

    What a comparison with the own beat tells is left out: it stands there with both.
    """
    compared = {line.partition(": ")[0] for line in summary.get("own_and_now", ())}
    listed = [number for one in made if one.tree.get("curves") for number in one.numbers]
    numbers = {KEYS[n["name"]]: n for n in listed if n["name"] in KEYS}
    said: dict[str, Any] = {}
    for key, value in summary.items():
        number = numbers.get(key)
        if number is None:
            said[key] = value
        elif number["name"] not in compared:
            said[number["name"]] = words.with_interval(number)
    return said


def _around(entry: LogEntry, made: Sequence[Entry]) -> Iterator[str]:
    """Yield under which conditions a simulation was made, and what its model leaves out."""
    limits = dict.fromkeys(limit for one in made for limit in one.tree.get("limits", ()))
    if not limits:
        return
    told = next(filter(None, (beat_conditions(entry, one.tree) for one in made)), "")
    asked = conditions(find(entry.step).parameters, entry.params)
    yield f"Conditions: {', '.join(asked) or told or DEFAULTS}"
    yield "What this model leaves out:"
    yield from (f"  – {limit}" for limit in limits)


def summary_in_words(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield a step's summary as a person reads it: words, three figures, units; lists behind."""
    for title, text in words.summary_lines(summary):
        yield f"{title}: {text}"
    for name, value in summary.items():
        title, text = words.told(name, value)
        if text or not value or not isinstance(value, (list, tuple)):
            continue
        yield f"{title}:"
        for item in value:
            yield from (f"  {line}" for line in (_item(item) if isinstance(item, Mapping) else [str(item)]))


def _item(item: Mapping[str, Any]) -> Iterator[str]:
    """Yield one of a list in a line: its name, then what is said of it; notes in lines of their own."""
    pairs = words.summary_lines({key: value for key, value in item.items() if key != "name"})
    said = ", ".join(f"{title[:1].lower()}{title[1:]} {text}" for title, text in pairs)
    yield f"{item.get('name', '')}: {said}" if said else str(item.get("name", ""))
    for note in item.get("notes", ()):
        yield f"  note: {note}"

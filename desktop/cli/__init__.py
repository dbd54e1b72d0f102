"""The command line: everything that the window does to a record, without a window."""

import argparse
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from twin.errors import Cancelled, UserError

NOTICE = "Research software. Not a medical device."


def run_command(words: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    from desktop.cli import keeping
    from twin import passphrases

    try:
        parser = build_parser()
        options = parser.parse_args(words)
        if not hasattr(options, "act"):
            parser.print_help()
            return 2
        passphrases.ask = keeping.ask
        status = options.act(options)
        sys.stdout.flush()
        return status or 0
    except BrokenPipeError:  # the reader of our output has gone: no fault of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (Exception, KeyboardInterrupt) as error:
        if "--debug" in words:
            traceback.print_exception(error)
        print(f"vitruvian: {_in_words(error)}", file=sys.stderr)
        return 1


def _in_words(error: BaseException) -> str:
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, (Cancelled, KeyboardInterrupt)):
        return "Stopped; all else is as it was."
    return f"Something went wrong inside ({type(error).__name__}: {error}). --debug shows where."


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    from desktop.cli import checking, demo, keeping, looking, making, moving, pacs, studies, taking, walking

    parser = argparse.ArgumentParser(
        prog="vitruvian",
        description="From a patient's scan to an anatomical twin with physics in it. " + NOTICE,
        epilog="With files or nothing instead of a command, the window opens: vitruvian [FILE ...]",
    )
    parser.set_defaults(debug=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for module in (demo, checking, taking, looking, making, walking, moving, pacs, studies, keeping):
        module.add(commands)
    return parser


def command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    help: str,
    *,
    answers: bool = False,
) -> argparse.ArgumentParser:
    """Add a command that knows ``--debug``, and ``--json`` where it answers."""
    parser = commands.add_parser(name, help=help, description=help + ".")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    if answers:
        parser.add_argument("--json", action="store_true", help="answer with one JSON document")
    return parser


def print_json(answer: object) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(answer, indent=2, ensure_ascii=False, allow_nan=False, default=str))


def record_path(word: str) -> Path:
    """Return the path of a record; the suffix may be left out.

    Raises
    ------
    UserError
        It is a folder, and no record of that name lies beside it.
    """
    path = Path(word)
    record = path if path.suffix else path.with_suffix(".twin")
    if path.is_dir() and not record.is_file():
        raise UserError(
            f"{word} is a folder, no record.",
            f"A record is one file, NAME.twin; images come into one by: vitruvian import NAME.twin {word}",
        )
    return path if path.is_file() else record

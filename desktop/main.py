"""The ``vitruvian`` command: the window where files or nothing are named, else a command."""

import sys
from collections.abc import Sequence

WORDS = (
    "demo",
    "check",
    "import",
    "list",
    "steps",
    "run",
    "export",
    "log",
    "undo",
    "redo",
    "replay",
    "report",
    "verify",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status (0 done, 1 failed, 2 wrong use)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and (words[0] in WORDS or words[0].startswith("-")):
        from desktop.cli import run_command

        return run_command(words)
    from desktop.cli.checking import missing_libraries, say_missing

    missing = missing_libraries()
    if missing:
        return say_missing(missing)
    from desktop.window import run

    return run(words)


if __name__ == "__main__":
    sys.exit(main())

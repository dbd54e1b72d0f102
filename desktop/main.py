"""The ``vitruvian`` command: the window where files or nothing are named, else a command."""

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

WORDS = (
    "demo",
    "check",
    "import",
    "list",
    "steps",
    "run",
    "walk",
    "export",
    "log",
    "undo",
    "redo",
    "replay",
    "report",
    "verify",
    "deidentify",
    "forget",
    "lock",
    "unlock",
    "pacs",
    "studies",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status (0 done, 1 failed, 2 wrong use)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and (words[0] in WORDS or words[0].startswith("-")):
        from desktop.cli import run_command

        return run_command(words)
    from desktop.cli.checking import has_no_display, missing_libraries, say_missing

    missing = missing_libraries()
    if missing:
        return say_missing(missing)
    strange = [word for word in words if not Path(word).exists()]
    if strange:
        near = get_close_matches(strange[0], WORDS, 1)
        hint = f"Did you mean “vitruvian {near[0]}”?" if near else "“vitruvian --help” lists the commands."
        print(f"vitruvian: there is no command and no file “{strange[0]}”. {hint}", file=sys.stderr)
        return 2
    if has_no_display():
        print(
            "vitruvian: there is no screen here for the window. “vitruvian --help” lists the commands, "
            "“vitruvian demo hip --headless” writes pictures.",
            file=sys.stderr,
        )
        return 1
    from desktop.window import run

    return run(words)


if __name__ == "__main__":
    sys.exit(main())

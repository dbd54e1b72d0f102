"""Writes docs/soup.md: the third-party software that Vitruvian is made of, from the lock."""

import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = re.compile(r"(?<!L)(?<!Lesser )\b(AGPL|GPL)|GNU (Affero )?General Public", re.IGNORECASE)
PROPRIETARY = ("mkl", "intel-openmp", "intel-cmplr-lib-ur", "tcmlib", "umf", "tbb")
HEAD = """# Third-party software

Made by `docs/make_soup.py` from `requirements.txt`. Intel's MKL and what it brings are proprietary but
free to ship: an optional accelerator for linear systems on Windows and Linux x86; everything works
without them.

| package | version | licence | purpose |
|---|---|---|---|
"""


def licence_of(name: str) -> tuple[str, str]:
    """Return a package's licence and purpose, as it says itself."""
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return "(not for this system)", ""
    classifiers = [
        c.split(" :: ")[-1] for c in about.get_all("Classifier") or [] if c.startswith("License ::")
    ]
    text = about.get("License-Expression") or "; ".join(classifiers) or about.get("License") or "?"
    return text.splitlines()[0][:70], (about.get("Summary") or "").replace("|", "/")[:90]


def main() -> int:
    """Write the list; 1 where a licence does not fit Apache-2.0."""
    rows, wrong = [], []
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for name, version in re.findall(r"^([\w.-]+)==([\w.+-]+)", lock, re.MULTILINE):
        licence, purpose = licence_of(name)
        rows.append(f"| {name} | {version} | {licence} | {purpose} |")
        lesser = "LGPL" in licence or "Lesser" in licence  # offered alone or as a choice
        if name not in PROPRIETARY and FORBIDDEN.search(licence) and not lesser:
            wrong.append(f"{name}: {licence}")
    (ROOT / "docs" / "soup.md").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    print("\n".join(wrong) or f"{len(rows)} packages, all licences fit", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

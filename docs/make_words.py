"""Collects the words that the program itself writes, for de-identification: ``resources/words_program.txt``.

Notes, sources and summaries are sentences of this program with a patient's words in between. What is not
in one of the lists of words is taken out. Run it when a release is made: a word that is missing here is
only lost, never told.
"""

import ast
import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("twin", "segmentation", "physics", "resources")


def words() -> set[str]:
    """Return the words in all texts of the packages that make things, in small letters."""
    found: set[str] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            remarks = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in remarks:
                    text = re.sub(r"[0-9a-fA-F]{12,}", " ", node.value)  # digests are no words
                    found |= {w.lower() for w in re.findall(r"[^\W\d_]+", text)}
    return {word for word in found if len(word) < 25}


if __name__ == "__main__":
    listed = textwrap.wrap(" ".join(sorted(words())), 110, break_on_hyphens=False)
    (ROOT / "resources" / "words_program.txt").write_text("\n".join(listed) + "\n", encoding="utf-8")

"""The command that looks into folders and lists the studies in them: studies."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop import places
from desktop.cli import command, print_json
from desktop.cli.work import run_job
from twin.errors import UserError

if TYPE_CHECKING:
    from twin.sources.index import Indexed


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the parser."""
    p = command(
        commands, "studies", "Look into folders, remember what lies there, and list the studies", answers=True
    )
    p.add_argument("folders", metavar="FOLDER", nargs="*", help="look into these; without one, list only")
    p.add_argument("--words", default="", help="words that must stand in name, ID, study or series")
    p.add_argument("--modality", default="", metavar="CT|MR|…")
    p.add_argument("--forget", action="store_true", help="forget what is known of the folders")
    p.set_defaults(act=studies)


def studies(options: argparse.Namespace) -> int:
    """Bring the index up to date with folders and list what is in them; without one, all that it knows."""
    from desktop.browser.concealing import let_go
    from twin.jobs import Job
    from twin.sources.index import Index, look_into

    path = places.index_path()
    folders = [Path(f).absolute() for f in options.folders]
    if options.forget and not folders:
        raise UserError("Say which folders to forget.")
    looked = []
    for folder in folders if not options.forget else ():
        looked.append(run_job(Job(look_into, path, folder, title=f"looking into {folder.name}")))
    if options.forget:
        with Index(path) as index:
            for folder in folders:
                index.forget(folder)
            freed = let_go(index)
        read_again(freed)
    with Index(path) as index:
        found = [
            (study, index.series(study, root))
            for root in (folders if folders and not options.forget else [None])
            for study in index.studies(options.words, options.modality, root)
        ]
        known = {(s.uid, s.patient) for s in index.studies(options.words, options.modality)}
        others = len(known - {(study.uid, study.patient) for study, _series in found})
        roots = [str(root) for root in index.roots()]
    if options.json:
        listed = [asdict(study) | {"series": [_words(s) for s in series]} for study, series in found]
        looks = [asdict(one) for one in looked]
        print_json({"folders": roots, "looked": looks, "studies": listed, "others": others})
        return 0
    for one in looked:
        print(f"{one.files:,} files looked at in {one.seconds:.1f} s, {one.read:,} of them read.")
    for study, series in found:
        who = "  ".join(w for w in (study.patient.patient_id, study.patient.name) if w)
        print(f"{study.date or 'no date   '}  {who}  {study.description}".rstrip())
        for one in series:
            print(f"    {one.row.label}  {one.row.images} images")
    if not found and not options.forget:
        print(_none(options, folders))
    if others:
        studies = "1 other study is" if others == 1 else f"{others:,} other studies are"
        print(f"{studies} known from elsewhere: “vitruvian studies” lists all.")
    return 0


def _none(options: argparse.Namespace, folders: list[Path]) -> str:
    """Say that the list is empty, of what, and what to try."""
    asked = " ".join(word for word in (options.modality, f"“{options.words}”" * bool(options.words)) if word)
    if asked:
        return f"No study that is known here fits {asked}."
    if folders:
        return f"There are no DICOM studies in {', '.join(map(str, folders))}."
    return "No study is known yet. Look into a folder with: vitruvian studies FOLDER"


def read_again(files: int) -> None:
    """Read again the files whose words a locked record kept out of the index, where there are any."""
    from twin.jobs import Job
    from twin.sources.index import look_again

    if files:
        run_job(Job(look_again, places.index_path(), title="reading again what was locked"))


def _words(series: "Indexed") -> dict[str, Any]:
    """Return what is known of a series beside its study."""
    return {name: value for name, value in asdict(series.row).items() if name != "study"}

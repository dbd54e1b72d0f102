"""What a record holds, de-identified: any domain object, by its own annotations, arrays untouched."""

import dataclasses
import functools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from twin import codec, domain
from twin.deidentify import words
from twin.deidentify.secret import STANDARD_UID, Secret, Subject
from twin.domain import Entity, Identity

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_KERNEL = re.compile(r"[A-Za-z]{1,2}\d{1,2}[a-z]{0,2}(\\\d)?")
_NAMES = frozenset({"name", "structure", "structures", "region_names"})
_OURS = frozenset({"measurement", "motion", "heart", "result"})
"""Kinds whose parts (numbers, fields, curves, surfaces, regions) have names of the program's own."""
_NUMBERS = frozenset({"circulation", "constants", "timing", "shortening"})
"""Fields of a heart that hold numbers by names of the program's own."""
_CONTRAST = "contrast agent"


@functools.cache
def _fields() -> frozenset[str]:
    """Return the names of all fields of the domain's types: keys of a tree that are nobody's words."""
    types = (cls for cls in vars(domain).values() if isinstance(cls, type) and dataclasses.is_dataclass(cls))
    return frozenset(f.name for cls in types for f in dataclasses.fields(cls))


class Cleaner:
    """Takes whatever names a patient out of domain objects, names and texts, the same way each time.

    One cleaner serves one record, or one export: two names that would become one are told apart.

    Attributes
    ----------
    subject : Subject
        Whose things they are, as far as texts and dates go; each object's own identity is seen to by itself.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._names: dict[str, str] = {}

    @property
    def secret(self) -> Secret:
        """What everything is made from."""
        return self.subject.secret

    def entity(self, entity: Entity) -> Entity:
        """Return an object without what names its patient."""
        encoded = codec.encode(entity)
        tree = self._tree(encoded.tree | {"identity": {}}, encoded.kind)
        cleaned = codec.decode(replace(encoded, tree=tree))
        return replace(cleaned, identity=self.identity(entity.identity))

    def identity(self, who: Identity) -> Identity:
        """Return whose a thing is by pseudonym, dates and UIDs that are made up.

        Name, ID, dates of birth, age and sex are gone (the Basic Profile empties or removes them).
        """
        subject = self.secret.subject(who)
        nobody = who == Identity()
        return Identity(
            patient_name=subject.pseudonym if not nobody else "",
            patient_id=subject.pseudonym if not nobody else "",
            study_uid=self.secret.uid(who.study_uid),
            study_date=subject.iso(who.study_date),
            study_description=self.outside(who.study_description),
            series_uid=self.secret.uid(who.series_uid),
            series_number=who.series_number,
            series_description=self.outside(who.series_description),
            body_part=self.outside(who.body_part),
            laterality=who.laterality if who.laterality in ("L", "R", "B") else "",
            reference_patient=who.reference_patient,
            deidentified=True,
        )

    def outside(self, text: str) -> str:
        """Return what of a text from outside may stay."""
        return words.outside(text, self.subject.words)

    def own(self, text: str) -> str:
        """Return a text of the program's own without what came from elsewhere."""
        return words.own(text, self.subject.words)

    def name(self, name: str, otherwise: str = "unnamed") -> str:
        """Return a name: as it is where all its words are known, else what is left of it, told from others.

        Parameters
        ----------
        otherwise : str
            What a thing is called of whose name nothing is left.
        """
        if name not in self._names:
            cleaned = self.outside(name)
            if cleaned:  # other words stand beside his
                cleaned = words.outside(name, self.subject.words_beside(name))
            known = re.sub(r"[\W_]+", "", cleaned) == re.sub(r"[\W_]+", "", name)
            wish, n = (name if known else cleaned) or (otherwise if name else ""), 1
            chosen = wish
            while chosen and chosen in self._names.values():
                n += 1
                chosen = f"{wish} {n}"
            self._names[name] = chosen
        return self._names[name]

    def plain(self, value: Any, key: str = "") -> Any:
        """Return JSON (parameters, a summary) whose texts are clean; numbers stay."""
        if isinstance(value, dict):
            return {self._key(k): self.plain(item, k) for k, item in value.items()}
        if isinstance(value, list):
            return [self.plain(item, key) for item in value]
        if isinstance(value, str):
            return self._text(value, key, "")
        return value

    def _key(self, key: str) -> str:
        return key if key in _fields() or self.own(key) == key else self.name(key)

    def _tree(self, value: Any, kind: str, key: str = "") -> Any:
        if isinstance(value, dict):
            if "$array" in value or "$float" in value:
                return value
            ours = kind == "heart" and key in _NUMBERS
            return {k if ours else self._key(k): self._tree(item, kind, k) for k, item in value.items()}
        if isinstance(value, list):
            return [self._tree(item, kind, key) for item in value]
        return self._text(value, key, kind) if isinstance(value, str) else value

    def _text(self, text: str, key: str, kind: str) -> str:
        rule = self._rules().get(key)
        if rule is not None:
            return rule(text)
        if key in _NAMES and not (kind in _OURS and key in ("name", "region_names")):
            return self.name(text, f"{kind or 'thing'}".strip())
        return self.own(text)

    def _state(self, text: str) -> str:
        """Return how views showed an image, as a step's parameters hold it; of anything else nothing."""
        try:
            state = codec.from_json(text, domain.ViewState)
        except ValueError:
            return ""
        return json.dumps(self.plain(json.loads(codec.as_json(state))))

    def _rules(self) -> dict[str, Callable[[str], str]]:
        """Return by field what is done with its text, where that is not what its words decide."""
        uid = self.secret.uid
        return {
            "frame_of_reference": uid,
            "image_uids": uid,
            "image_class": lambda text: text if text.startswith(STANDARD_UID) else "",
            "modality": lambda text: words.code(text) or ("OT" if text else ""),
            "term": self.outside,
            "text": self.outside,
            "state": self._state,
            "patient_position": words.code,
            "kernel": lambda text: text if _KERNEL.fullmatch(text) else "",
            "protocol": self.outside,
            "contrast_agent": lambda text: (self.outside(text) or _CONTRAST) if text else "",
            "color": lambda text: text if _COLOR.fullmatch(text) else "",
            "paths": lambda _text: "removed",
            "series": lambda text: text if text in ("", "all") else "removed",
        }

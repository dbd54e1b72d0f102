"""Simulate: loads and supports on the bone, solve, and the stresses under a body-weight slider."""

from __future__ import annotations

from collections.abc import Sequence

from desktop import heart_way, way, words
from desktop.actions import Actions
from desktop.answer import AnswerCard
from desktop.desk import Desk
from desktop.heart_card import HeartCard
from desktop.section import CommandButton, Panel, StepSection, quiet
from desktop.timed_card import TimedCard


class SimulatePanel(Panel):
    """Two steps, and the answer under them."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__("Walking load")
        self._desk = desk
        self._about = ""
        self.model = StepSection(
            desk, actions, title="Load and supports", command="simulate.load",
            steps=(way.MODEL, way.LANDMARKS), done=lambda: _fresh(desk, "model"), facts=self._model_facts,
            again="Place again with these", folds={way.LANDMARKS: "Landmarks by hand"},
        )  # fmt: skip
        self.look = quiet(
            "Look at the arrows before solving: does each push or pull where it should? "
            "Drag the free end of the hip force to turn it. BW: body weight."
        )
        self.solve = StepSection(
            desk, actions, title="Stresses", command="simulate.solve", steps=(way.SOLVE,),
            done=lambda: _fresh(desk, "result"), facts=lambda: (), again="Solve again",
        )  # fmt: skip
        self.answer = AnswerCard(desk, actions)
        self.go = CommandButton(actions["go.report"], text="Go on to Report")
        self.heart = HeartCard(desk, actions)
        self.fit = StepSection(
            desk, actions, title="Fit", command="simulate.heart", steps=(heart_way.FIT,),
            done=lambda: _fresh(desk, "heart"), facts=lambda: (), again="Fit again with these",
        )  # fmt: skip
        self.timed = TimedCard(desk, actions)
        if desk.stage is not None:
            desk.stage.cine.moved.connect(self.timed.follow)
        self.add(self.heart, self.fit, self.timed, self.model, self.look, self.solve, self.answer, self.go)
        self.end()
        self.follow(desk)

    def refresh(self) -> None:
        """Show what is done and what is next."""
        timed = self._shows_a_beat()
        session, heart = self._desk.session, self._desk.beating.item
        beats = not timed and (heart is not None or heart_way.at_hand(session))
        for widget in (self.model, self.look, self.solve, self.answer, self.go):
            widget.setVisible(not beats and not timed)
        of = self._desk.results.item if timed else heart if beats else None
        about = f"{timed} {beats} {'' if of is None else of.id}"
        if about != self._about:  # another thing is read from its head on
            self._about = about
            self.verticalScrollBar().setValue(0)
        self.heart.setVisible(beats and heart is not None)
        self.fit.setVisible(beats)
        self.timed.setVisible(timed)
        if beats or timed:
            self._refresh_beat(timed)
            return
        here = way.shape(session, "mesh") or way.structure(session)
        self.heading.setText(f"Load on the {here.structure}" if here else "Load")
        modelled, solved = _fresh(self._desk, "model"), _fresh(self._desk, "result")
        self.model.refresh(current=not modelled, brief=solved)
        self.look.setVisible(modelled and not solved)
        self.solve.setVisible(modelled or solved)
        self.solve.refresh(current=modelled and not solved)
        self.answer.refresh()
        self.go.setVisible(solved)
        self.go.set_primary(solved)

    def _shows_a_beat(self) -> bool:
        """Tell whether a result in time is looked at, and not the heart that it was made of.

        Where both are seen it is the one that is selected, or else the heart.
        """
        result, beating, session = self._desk.results.item, self._desk.beating, self._desk.session
        seen = result is not None and session.is_visible(result.key)
        chosen = seen and result is not None and session.selection == result.key
        return self._desk.results.timed and (chosen or ((seen or beating.item is None) and not beating.here))

    def _refresh_beat(self, timed: bool) -> None:
        self.heading.setText(self._desk.results.title if timed else "Heart")
        self.heart.refresh()
        self.timed.refresh()
        self.timed.setVisible(timed)
        self.fit.refresh(current=not timed and not _fresh(self._desk, "heart"))

    def _model_facts(self) -> Sequence[tuple[str, str]]:
        model = way.shape(self._desk.session, "model")
        if model is None:
            return ()
        facts = dict(words.facts_of(way.MODEL, self._desk.session.summary(model.id)))
        entry = self._desk.session.entry(model.id)
        if entry is not None and words.is_weight_assumed(entry.tree):
            facts["Body weight"] += " (assumed)"
        return list(facts.items())


def _fresh(desk: Desk, kind: str) -> bool:
    item = way.shape(desk.session, kind)
    return item is not None and not item.stale

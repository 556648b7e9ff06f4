"""Beside a case: the ruling, how far the detector can be trusted, the patterns of the agent, cases by agent."""

from __future__ import annotations

import streamlit as st

from qc_workbench.detection.intent import WIDTH_S, PatternKind, PatternLine, Reading
from qc_workbench.domain.access import Action
from qc_workbench.domain.flag import FlagKind, Ruling
from qc_workbench.errors import QcwError
from qc_workbench.review.standing import FEWEST_RULINGS, DetectorStanding
from qc_workbench.store.cases import Case
from qc_workbench.ui.components.pager import pager
from qc_workbench.ui.components.questions import is_heard
from qc_workbench.ui.components.standing_parts import standing_notice, standing_sentence
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text, named, plain
from qc_workbench.ui.state import Room, remember, remembered
from qc_workbench.ui.views.suspicious import SuspiciousCalls, one_case, write_ruling

_LAST_RULED = "last_ruled"

#: Lines of the table of agents on one page.
PATTERNS = 12

#: One key each. Digits, because letters differ between the Russian and the English layout.
KEYS = {Ruling.CONFIRMED: "1", Ruling.REJECTED: "2", Ruling.ASKED: "3", Ruling.WITHDRAWN: "0"}


def decision(room: Room, case: Case | None) -> None:
    """Confirm, reject, ask, undo: one key each. Only a named person decides."""
    t = room.t
    with st.container(border=True):
        st.header(t("ruling.title"), anchor=False)
        may_rule = case is not None and room.viewer.may(Action.RULE_ON_FLAG, case.call.manager_id)
        if case is not None and not may_rule:
            st.caption(t("ruling.not_yours"))
        if case is not None and case.ruling is not None:
            ruling = case.ruling
            st.markdown(
                t(
                    "ruling.stands",
                    ruling=t(f"case_one.{ruling.ruling.value}"),
                    who=plain(ruling.by),
                    moment=t.moment(ruling.at),
                )
            )
            if ruling.reason:
                st.text(ruling.reason)
        reason = st.text_input(t("ruling.reason"), key=f"reason_{case.flag.flag_id}" if case else "reason_none")
        heard = case is None or is_heard(room, case.flag)
        for ruling_kind in (Ruling.CONFIRMED, Ruling.REJECTED, Ruling.ASKED):
            if st.button(
                t(f"ruling.{ruling_kind.value}"),
                type="primary" if ruling_kind is (Ruling.CONFIRMED if heard else Ruling.ASKED) else "secondary",
                shortcut=KEYS[ruling_kind],
                disabled=not may_rule,
                width="stretch",
                key=f"rule_{ruling_kind.value}",
            ):
                assert case is not None
                _rule(room, case, ruling_kind, reason)
        _undo_button(room, case)


def _undo_button(room: Room, case: Case | None) -> None:
    """Takes back the ruling of the case shown, or of the one ruled last (it has left the list)."""
    last = remembered(_LAST_RULED)
    flag_id = case.flag.flag_id if case is not None and case.ruling is not None else last
    if st.button(
        room.t("ruling.withdrawn"),
        shortcut=KEYS[Ruling.WITHDRAWN],
        disabled=not flag_id or not room.viewer.reach(Action.RULE_ON_FLAG),
        width="stretch",
        type="tertiary",
        key="rule_withdrawn",
    ):
        assert flag_id is not None
        found = one_case(room.workspace, flag_id)
        if found is not None:
            _rule(room, found, Ruling.WITHDRAWN, "")


def _rule(room: Room, case: Case, ruling: Ruling, reason: str) -> None:
    try:
        write_ruling(room.workspace, room.viewer, case.flag, ruling, room.now, reason)
    except QcwError as error:
        st.error(error_text(error, room.t))
        return
    remember(_LAST_RULED, None if ruling is Ruling.WITHDRAWN else case.flag.flag_id)
    st.toast(room.t(f"ruling.{ruling.value}.done"))
    st.rerun()


def _standing(standing: DetectorStanding | None, t: Translator) -> None:
    """How often people agreed with the detector, and what follows."""
    with st.container(border=True):
        st.header(t("standing.title"), anchor=False)
        if standing is None or standing.share is None:
            st.caption(t("standing.none"))
            return
        st.markdown(standing_sentence(standing, t))
        if standing.carried:
            st.caption(t("standing.carried", carried=t.number(standing.carried), ruled=t.number(standing.ruled)))
        if standing.is_downgraded:
            st.warning(t("standing.downgraded"))
        elif standing.ruled + standing.carried < FEWEST_RULINGS:
            st.caption(t("standing.few", fewest=t.number(FEWEST_RULINGS)))
        else:
            st.caption(t("standing.stands"))
        name = named(t, "detector", standing.key.detector)
        st.caption(plain(t("standing.version", detector=name, version=standing.key.version)))
        if standing.variants:
            with st.expander(t("standing.variants")):
                for item in standing.variants:
                    line = t(
                        "standing.variant",
                        reasons="; ".join(named(t, "reason", code) for code in item.reasons) or "—",
                        confirmed=t.number(item.confirmed),
                        ruled=t.number(item.ruled),
                        low=t.percent(item.interval[0]),
                        high=t.percent(item.interval[1]),
                    )
                    st.text(line)


def around_case(room: Room, view: SuspiciousCalls, case: Case | None, pattern: tuple[PatternLine, ...]) -> None:
    """What a ruling on one case is seen against: the detector, the agent, the other agents."""
    if case is not None:
        _standing(view.standing_of(case.flag), room.t)
        _pattern(room, view.people.agent(case.call.manager_id), pattern)
    _cases_by_agent(view, room.t)


def downgraded_notice(view: SuspiciousCalls, t: Translator) -> None:
    """Said above the lists, because cases of a downgraded detector are in another one than people look for."""
    newest = next((item for item in view.standings if item.key.kind is FlagKind.FAKE_EFFECTIVE), None)
    standing_notice(newest, t)


def _pattern(room: Room, agent: str, lines: tuple[PatternLine, ...]) -> None:
    """Five numbers about the agent's calls together, each with what it does not prove."""
    t = room.t
    with st.container(border=True):
        st.header(t("pattern.title", agent=plain(agent)), anchor=False)
        st.caption(t("pattern.says", n=room.workspace.settings.detectors.pattern_days))
        few = [line for line in lines if line.reading is Reading.TOO_FEW]
        for line in lines:
            if line not in few:
                st.markdown(
                    f"**{t(f'pattern.{line.kind.value}')}**  \n"
                    f"{_value(line, t)} · {t(f'pattern_reading.{line.reading.value}')}"
                )
                st.caption(f"{_says(line, t)}  \n{t(f'pattern_not.{line.kind.value}')}")
        if few:
            said = "  \n".join(
                t(
                    "pattern.few",
                    what=t(f"pattern.{line.kind.value}"),
                    count=t.number(line.count),
                    needed=t.number(line.needed),
                )
                for line in few
            )
            st.caption(f"{t('pattern.too_few')}  \n{said}")


def _value(line: PatternLine, t: Translator) -> str:
    assert line.value is not None
    assert line.interval is not None
    numbers = (line.value, *line.interval)
    if line.kind in (PatternKind.JUST_ABOVE, PatternKind.AGAINST_PEERS):
        code, shown = "pattern.times", [t.number(number, 1) for number in numbers]
    elif line.kind is PatternKind.HANG_UP:
        code, shown = "pattern.seconds", [t.number(number) for number in numbers]
    else:
        code, shown = "pattern.share", [t.percent(number) for number in numbers]
    return t(code, value=shown[0], low=shown[1], high=shown[2])


def _says(line: PatternLine, t: Translator) -> str:
    """What the number is of, and what it is for the others."""
    if line.usual is None:
        usual = ""
    elif line.kind in (PatternKind.REPEATS, PatternKind.VERIFIED):
        usual = t.percent(line.usual)
    elif line.kind is PatternKind.HANG_UP:
        usual = t("pattern.only_seconds", value=t.number(line.usual))
    else:
        usual = f"×{t.number(line.usual, 1)}"
    said = t(
        f"pattern_says.{line.kind.value}",
        count=t.number(line.count),
        of=t.number(line.of),
        expected=t.number(line.of),
        width=t.number(WIDTH_S),
        basis=t("pattern_basis.random" if line.is_random else "pattern_basis.all"),
    )
    beside = t("pattern_beside", value=t.number(line.beside)) if line.beside is not None else ""
    others = t("pattern_usual", value=usual) if usual else ""
    return " ".join(part for part in (said, beside, others) if part)


def _cases_by_agent(view: SuspiciousCalls, t: Translator) -> None:
    """Each agent's cases beside their counted calls: one case is chance, a row of them is a habit."""
    with st.container(border=True):
        st.header(t("suspicious.pattern"), anchor=False)
        st.caption(t("suspicious.pattern_says"))
        page = pager(len(view.patterns), PATTERNS, t, "suspicious_patterns")
        for row in view.patterns[(page - 1) * PATTERNS : page * PATTERNS]:
            st.text(view.people.agent(row.manager_id))
            st.caption(
                t(
                    "suspicious.pattern_line",
                    waiting=t.number(row.waiting),
                    confirmed=t.number(row.confirmed),
                    rejected=t.number(row.rejected),
                    counted=t.number(row.counted),
                )
            )

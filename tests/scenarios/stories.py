"""The eight padded and ten innocent kinds of call, each told anew for every seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from qc_workbench.domain.acoustics import SoundKind
from tests.scenarios import sounds
from tests.scenarios.compose import AGENT, ComposedCall, Composer, drawn_setting

Story = Callable[[Composer], None]


def _rings(call: Composer, share: float = 0.4) -> None:
    if call.rng.random() < share:
        call.cadence(SoundKind.RINGBACK, float(call.rng.uniform(4, 10)))
        call.silence(float(call.rng.uniform(0.2, 0.8)))


def _long(call: Composer) -> float:
    """When a padded call ends: over the counting threshold."""
    return max(call.at_s + 8, float(call.rng.uniform(44, 66)))


def _one(call: Composer, *keys: str) -> str:
    return str(call.rng.choice(keys))


def operator_padding(call: Composer) -> None:
    _rings(call, 0.2)
    if call.rng.random() < 0.3:
        call.add(sounds.special_information(call.rng, -16))
    key = _one(call, "operator1", "operator2")
    for _ in range(int(call.rng.integers(1, 4))):
        call.say("machine", key, gap_s=(0.5, 3.0))
    if call.rng.random() < 0.4:
        call.beep()
    call.held_line(_long(call))


def voicemail_padding(call: Composer) -> None:
    _rings(call)
    call.say("machine", _one(call, "voicemail1", "voicemail2"))
    call.beep()
    call.held_line(_long(call))


def voicemail_monologue(call: Composer) -> None:
    call.say("machine", _one(call, "voicemail1", "voicemail2"))
    call.beep()
    for number in range(1, 8):
        call.say("agent", f"acted{number}", gap_s=(2.0, 4.5))
    call.silence(max(2.0, 45 - call.at_s))


def assistant_padding(call: Composer) -> None:
    call.say("machine", "assistant1")
    if call.rng.random() < 0.4:
        call.say("agent", "hello", gap_s=(1.0, 3.0))
    call.say("machine", "assistant2", gap_s=(3.0, 7.0))
    call.say("machine", "assistant3", gap_s=(4.0, 8.0))
    if call.rng.random() < 0.5:
        call.silence(1.0)
        call.cadence(SoundKind.BUSY, float(call.rng.uniform(5, 15)))
    call.held_line(_long(call))


def ringback_padding(call: Composer) -> None:
    call.cadence(SoundKind.RINGBACK, float(call.rng.uniform(45, 70)))


def dead_air(call: Composer) -> None:
    if call.rng.random() < 0.5:
        call.say("agent", "hello")
    call.say("customer", "busy")
    call.silence(float(call.rng.uniform(0.5, 1.5)))
    if call.rng.random() < 0.6:
        call.cadence(SoundKind.BUSY, float(call.rng.uniform(12, 40)))
    call.held_line(_long(call))


def ivr_hold_padding(call: Composer) -> None:
    call.say("machine", "menu1")
    call.silence(float(call.rng.uniform(0.5, 3)))
    call.say("machine", "menu2")
    call.music(float(call.rng.uniform(12, 20)))
    call.say("machine", "menu3")
    call.music(float(call.rng.uniform(12, 20)))


def silent_line(call: Composer) -> None:
    call.held_line(float(call.rng.uniform(44, 70)))


def conversation(call: Composer) -> None:
    _rings(call)
    call.say("customer", "wrong0" if call.rng.random() < 0.5 else "nod2")
    call.dialogue(1, 12)


def ivr_then_human(call: Composer) -> None:
    call.say("machine", "menu1")
    if call.rng.random() < 0.6:
        call.music(float(call.rng.uniform(5, 12)))
    else:
        call.cadence(SoundKind.RINGBACK, float(call.rng.uniform(3, 9)))
    call.say("customer", "secretary")
    call.dialogue(1, 12)


def human_after_assistant(call: Composer) -> None:
    call.say("machine", "assistant1")
    call.say("agent", "screened", gap_s=(0.5, 1.5))
    if call.rng.random() < 0.5:
        call.say("machine", "assistant2", gap_s=(0.5, 2.0))
    call.say("customer", "picks_up", gap_s=(1.5, 5.0))
    call.dialogue(1, 12)


def client_hold(call: Composer) -> None:
    call.say("customer", "wrong0")
    call.dialogue(1, 4)
    call.say("customer", "hold0")
    call.held_line(call.at_s + float(call.rng.uniform(15, 25)))
    call.say("customer", "hold1")
    call.say("agent", "hold2")
    call.dialogue(5, 12)


def mentions_voicemail(call: Composer) -> None:
    call.say("customer", "wrong0")
    call.say("agent", "d1")
    call.say("customer", "mention1")
    call.say("agent", "mention2")
    call.say("customer", "mention3")
    call.say("agent", "mention4")
    call.dialogue(3, 12)


def quiet_client(call: Composer) -> None:
    call.say("customer", "wrong0")
    call.say("agent", "d1")
    for number in range(1, 7):
        call.say("agent", f"quiet{number}")
        call.say("customer", f"nod{number}")
    call.say("agent", "d11")


def short_voicemail(call: Composer) -> None:
    call.say("machine", "voicemail1")
    call.beep()
    call.silence(float(call.rng.uniform(0.5, 3)))


def message_left(call: Composer) -> None:
    _rings(call)
    call.say("machine", _one(call, "voicemail1", "voicemail2"))
    call.beep()
    call.say("agent", "message1", "message2", gap_s=(0.4, 0.9))
    call.silence(float(call.rng.uniform(0.3, 3)))


def wrong_number(call: Composer) -> None:
    call.say("customer", "wrong0")
    call.say("agent", "d1")
    call.say("customer", "wrong2")
    call.say("agent", "wrong3")
    call.say("customer", "wrong4")
    call.say("agent", "wrong5")
    if call.rng.random() < 0.4:  # and both hold the line for a while: a slow hand, not a padded call
        call.add(sounds.noise("office", call.rng, float(call.rng.uniform(1, 12))), AGENT)


def lively_short(call: Composer) -> None:
    call.say("customer", "nod2", gap_s=(0.1, 0.3))
    call.dialogue(1, 10, gap_s=(-0.3, 0.35))


PADDED: Final[dict[str, Story]] = {
    story.__name__: story
    for story in (
        operator_padding,
        voicemail_padding,
        voicemail_monologue,
        assistant_padding,
        ringback_padding,
        dead_air,
        ivr_hold_padding,
        silent_line,
    )
}
INNOCENT: Final[dict[str, Story]] = {
    story.__name__: story
    for story in (
        conversation,
        ivr_then_human,
        human_after_assistant,
        client_hold,
        mentions_voicemail,
        quiet_client,
        short_voicemail,
        message_left,
        wrong_number,
        lively_short,
    )
}


def composed(scenario: str, seed: int, **fixed: Any) -> ComposedCall:
    """The call of a scenario for a seed; ``fixed`` settings are not drawn."""
    rng = np.random.default_rng([seed, sum(scenario.encode())])
    call = Composer(rng, drawn_setting(rng, **fixed))
    (PADDED | INNOCENT)[scenario](call)
    return call.finished(scenario)

"""Example clips of a form: what may be chosen, and how each that is in a form is heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Recording
from qc_workbench.domain.coaching import Clip
from qc_workbench.domain.forms import Example, Form
from qc_workbench.store.browsing import calls_by_id, recordings_by_call
from qc_workbench.store.clip_rows import clips_for, clips_of_calls
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Clips that a list offers at once.
OFFERED: Final = 100
#: How much of a call is played from an example's second on.
HEARD_S: Final = 20.0
#: An example is a clip where it begins within this of it: seconds are written with three decimals.
_SAME_S: Final = 0.002


class Silence(StrEnum):
    """Why an example is not heard (``example_silent.<code>``)."""

    NO_CALL = "no_call"
    NO_RECORDING = "no_recording"  # the state of the recording says why
    NOT_FOR_YOU = "not_for_you"


@dataclass(frozen=True, slots=True)
class ExampleSound:
    """How an example is heard: as a ``clip`` of the library, else from the ``recording``; not at all where ``silent``
    says why."""

    clip: Clip | None = None
    recording: Recording | None = None
    silent: Silence | None = None


@dataclass(frozen=True, slots=True)
class ClipChoice:
    """Clips to choose from, by id in the order they are offered. ``sounds``: how each is heard."""

    clips: Mapping[str, Clip]
    sounds: Mapping[str, ExampleSound]
    total: int


def clip_choice(workspace: Workspace, viewer: Viewer, question: str, text: str) -> ClipChoice:
    with workspace.store.reading() as reader:
        found, total = clips_for(reader, question, text, OFFERED)
        recordings = recordings_by_call(reader, {clip.call_id for clip in found})
    sounds = {clip.clip_id: clip_sound(viewer, clip, recordings.get(clip.call_id)) for clip in found}
    return ClipChoice({clip.clip_id: clip for clip in found}, sounds, total)


def clip_sound(viewer: Viewer, clip: Clip, recording: Recording | None) -> ExampleSound:
    """How a clip of the library is heard by this person."""
    if recording is None or not recording.is_audible:
        return ExampleSound(clip, recording, Silence.NO_RECORDING)
    if not viewer.may(Action.HEAR_CLIP):
        return ExampleSound(clip, recording, Silence.NOT_FOR_YOU)
    return ExampleSound(clip, recording)


def example_sounds(workspace: Workspace, viewer: Viewer, form: Form) -> Mapping[Example, ExampleSound]:
    """How each example of a form is heard by this person: as the library's clip where it is one."""
    examples = [example for question in form.questions for example in question.examples]
    if not examples:
        return {}
    named = {example.call_id for example in examples}
    with workspace.store.reading() as reader:
        clips = clips_of_calls(reader, named)
        recordings, calls = recordings_by_call(reader, named), calls_by_id(reader, named)
    found: dict[Example, ExampleSound] = {}
    for example in examples:
        call, recording = calls.get(example.call_id), recordings.get(example.call_id)
        clip = next((item for item in clips if _is(item, example)), None)
        if call is None:
            found[example] = ExampleSound(silent=Silence.NO_CALL)
        elif clip is not None:
            found[example] = clip_sound(viewer, clip, recording)
        elif recording is None or not recording.is_audible:
            found[example] = ExampleSound(None, recording, Silence.NO_RECORDING)
        elif viewer.may(Action.HEAR_CALL, call.manager_id):
            found[example] = ExampleSound(recording=recording)
        else:
            found[example] = ExampleSound(None, recording, Silence.NOT_FOR_YOU)
    return found


def _is(clip: Clip, example: Example) -> bool:
    return clip.call_id == example.call_id and abs(clip.from_s - float(example.second_s)) < _SAME_S

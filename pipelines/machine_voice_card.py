"""The card of the machine voice model, made of its figures: no number in it is typed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

_LAYOUTS: Final = (("stereo", "stereo (agent and far end apart)"), ("mono", "mono"))
_NAMES: Final = {
    "words": "log-odds of the word model for the opening",
    "lexicon": "best family score of the phrase lexicon",
    "talk_about_machines": "talk about voicemails and robots",
    "opening_length": "seconds of the far end's speech before a reply (log)",
    "first_utterance": "seconds until its first pause of 1.2 s (log)",
    "exchanges": "replies of the agent that were answered (log)",
    "unanswered_replies": "replies of the agent that were not (log)",
    "agent_spoke_first": "the agent spoke before the far end did",
    "later_speech": "seconds of the far end's later speech (log)",
    "later_words": "log-odds of the word model for that",
    "beep": "a beep within 4 s after the opening",
    "music": "share of music in the call",
    "dead_tones": "share of ringing and busy tones",
    "silence_after": "seconds of nobody's speech after the opening (log)",
    "repeats": "a long sentence comes again word for word",
    "asks_at_the_end": "the opening ends with a question",
    "words_missing": "share of the opening without recognised words",
    "voices_alternate": "how often the pitch changes after the opening",
}
_TEXT: Final = """# Model card: machine voice or person

Written by `python -m pipelines.train_machine_voice`; the numbers are those of `figures.json`, made in the same run.
Seed {seed}, {calls} invented calls a layout, {texts} invented texts. Checksum of `model.json` (SHA-256, verified
when it is loaded): `{sha256}`.

## What it answers

How likely the far end's opening, its speech before anybody replied, is a machine's (an operator's announcement,
voicemail, voice assistant, menu) and not a person's. It stands beside the rules of `detection/answering.py`:

- **to accuse**: where the rules find no machine, nobody took turns with the opening and the probability is at least
  `accuse_from`, the opening is a machine's. The other conditions of a flag hold as before.
- **to protect**: where only words tell the machine (no beep, music or special information tones) and the probability is
  under `protect_below`, or under 0.3 (`detection/effective.py`: in labelled recordings machines known by words alone
  had more), nobody is accused; the call is "unsure" with what speaks for a person.

## Data

Invented calls, at the level of who speaks when with which words (`pipelines/machine_voice_calls.py`): wordings from
two banks of templates written for this project (`bank_ru.toml`, `bank_en.toml`), times from distributions given
there, up to 30 % of the words changed the way recognition errs. Half are opened by machines (voicemail, operator,
assistant, menu, each with what agents then do), half by people (talk, hung up, long-winded, on hold, not answered by
the agent, quiet). They go through the real `hear()`.

**No labelled call was trained on**: neither the development set nor any other recording. So whoever measures on
those judges no call by a model that saw it.

Why no audio: every voice we could make is a synthesiser's, so features of the voice would learn which program spoke.
For the same reason nothing of timbre, level or bandwidth is among the features. They are also what carries over from
clean to bad lines.

## Model

1. Words: multinomial logistic regression (person and four kinds of machine) on stems of words, pairs of them and
   letters in a row, hashed to 8192 buckets: survives endings and letters heard wrong.
2. Calls: logistic regression on the numbers below, one model for stereo and one for mono, calibrated by isotonic
   regression. Boosted trees on the same numbers gain little ({trees}), and a weight can be explained to the agent.

In {lacks:.0%} of the machines' calls the lexicon's number was set to nothing while training: lexicon and banks have one
author, and the world has wordings that neither knows.

## Figures on unseen templates

Five folds of *templates*: no sentence judged is a wording of a template that the model saw. 95 % Wilson intervals.

| | {heads} |
|---|{dashes}|
{rows}

The words alone: area under the curve {words_auc}.

Reliability, unseen folds (said: mean probability; were: share that were machines):

{reliability}

Weights (positive speaks for a machine):

{weights}

## Figures on recordings

Synthetic voices, real speech recognition, other authors' wordings; never trained on. By who opened the call (a
menu before a person is a machine's opening).

{recorded}

## Limits

- Probabilities are calibrated on invented calls: half of those are machines'. On a line where one call in ten is, a
  stated 0.5 is too high. The two thresholds, not the probability in between, are what the program acts on.
- The share of machines found to accuse is low on purpose: the lexicon, the beep and repetition find most; this
  finds some of the rest.
- A voicemail that speaks as its owner does ("I'm asleep, write to me") and has no beep sounds like a person who
  hung up.
- Words recognised beyond knowing leave only times: too little to accuse.
- Russian and English only. In other languages the words say nothing that can be relied on.
- Real recordings of people and of real voicemails were not at hand; their openings may differ from all of this.
"""


def card_of(figures: dict[str, Any]) -> str:
    """The card's text for figures as the training script keeps them."""
    names = [name for name, _ in _LAYOUTS]
    lines = (
        ("calls (machines)", lambda f: f"{f['calls']} ({f['machines']})"),
        ("area under the curve", lambda f: f["auc"]),
        ("Brier score", lambda f: f["brier"]),
        ("right at 0.5", lambda f: _share(f["right_at_half"])),
        ("`accuse_from`", lambda f: f["accuse_from"]),
        ("machines at or above it", lambda f: _share(f["machines_found_to_accuse"])),
        ("people at or above it", lambda f: _share(f["people_accused"])),
        ("`protect_below`", lambda f: f["protect_below"]),
        ("people below it", lambda f: _share(f["people_protected"])),
        ("machines below it", lambda f: _share(f["machines_protected"])),
    )
    return _TEXT.format(
        **{key: figures[key] for key in ("seed", "calls", "texts", "sha256")},
        lacks=figures["lexicon_lacks"],
        trees=", ".join(
            f"{name} {figures[name]['auc_boosted_trees']} against {figures[name]['auc']}" for name in names
        ),
        heads=" | ".join(title for _, title in _LAYOUTS),
        dashes="|".join("---" for _ in _LAYOUTS),
        rows="\n".join(_row([label, *(str(tell(figures[name])) for name in names)]) for label, tell in lines),
        words_auc=figures["words"]["auc"],
        reliability=_reliability(figures, names),
        weights=_weights(figures, names),
        recorded=_recorded(figures["recorded"]),
    )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _share(counted: Sequence[float]) -> str:
    part, whole, low, high = counted
    value = part / whole if whole else 0.0
    return f"{part:.0f} of {whole:.0f} = {value:.3f} ({low:.3f}-{high:.3f})"


def _reliability(figures: dict[str, Any], names: Sequence[str]) -> str:
    rows = ["| layout | from | calls | said | were |", "|---|---|---|---|---|"]
    for name in names:
        rows += [
            _row([name, *(str(item[key]) for key in ("from", "calls", "said", "were"))])
            for item in figures[name]["reliability"]
        ]
    return "\n".join(rows)


def _weights(figures: dict[str, Any], names: Sequence[str]) -> str:
    rows = ["| number | stereo | mono |", "|---|---|---|"]
    for key, title in _NAMES.items():
        rows.append(_row([title, *(str(figures[name]["weights"].get(key, "")) for name in names)]))
    return "\n".join(rows)


def _recorded(recorded: dict[str, Any]) -> str:
    if not recorded:
        return "Not measured with this model yet: `python -m pipelines.train_machine_voice --measure HOME TRUTH NAME`."
    rows = ["| set | opened by | right at 0.5 | to accuse | to protect |", "|---|---|---|---|---|"]
    for name, found in recorded.items():
        for who in ("machine", "person"):
            part = found[who]
            rows.append(_row([name, who, *(_share(part[key]) for key in ("right", "accuses", "protects"))]))
    return "\n".join(rows)

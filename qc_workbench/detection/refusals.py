"""What the client said about buying: refused, put it off, or neither.

Goal. *Explicit*: the client said they will not buy. *Postponed*: not now, thinking, no money yet, will ring
themselves. *None*: neither. Only the client's own words count: an agent who repeats «значит, отказываетесь»
proves nothing without words of the client's that bear it out, and in mono recordings, where the speaker is unknown,
only whole-sentence statements in the first person count as much. The last stand counts: who refused and was won over
has not refused.

Where the client's words came out too poor to judge, *none* means nothing: no closing is called
false on such a call, the detector abstains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qc_workbench.config import Company
from qc_workbench.detection.refusal_classifier import CLASSES, refusal_classifier
from qc_workbench.detection.refusal_pieces import Piece, Talk, refusal_lexicon, talk_of
from qc_workbench.detection.refusal_stand import Likely, acknowledged, stand_of
from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import Action, ClientSaid, Promiser, SpokenCommitment
from qc_workbench.domain.transcript import Party, Transcript, Turn

DETECTOR = "refusals"
VERSION = "8"


def fingerprint() -> str:
    """Names the rules that judged what the client said."""
    return f"{DETECTOR}-{VERSION}-{refusal_lexicon().fingerprint}-{refusal_classifier().fingerprint}"


@dataclass(frozen=True, slots=True)
class Said:
    """What the client said about buying, with the sentence that shows it (None for ``none``)."""

    said: ClientSaid
    quote: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    #: Why the lack of a refusal proves nothing here (a reason code), or None: client_words_unclear where they were
    #: hardly recognised, agent_spoke_of_refusal where the agent answers a refusal that was not heard.
    doubt: str | None = None


#: Mean probability (0..1, weighted by words) of the client's recognised words, below which a refusal among them may
#: well have been lost. Well recognised development and validation calls have 0.77 and more; at 0.65 every third
#: word is wrong.
CLEAR_FROM = 0.65
#: The same for the client's last words, where refusals are said or repeated, and how many turns those are.
CLEAR_END_FROM = 0.5
_LAST_TURNS = 3


def heard_clearly(transcript: Transcript) -> bool:
    """Whether the client's part of a call was recognised well enough to say that no refusal was in it."""
    theirs = [
        turn
        for turn in sorted(transcript.turns, key=lambda item: item.start_s)
        if turn.party in (Party.CUSTOMER, Party.UNKNOWN) and turn.text.strip()
    ]

    def mean(turns: Sequence[Turn]) -> float:
        words = sum(len(turn.text.split()) for turn in turns)
        return sum(turn.confidence * len(turn.text.split()) for turn in turns) / words if words else 0.0

    return bool(theirs) and mean(theirs) >= CLEAR_FROM and mean(theirs[-_LAST_TURNS:]) >= CLEAR_END_FROM


#: Probability from which the classifier's word alone makes a refusal or a postponement, and the least it must give
#: to one that the lexicon finds. Chosen on the calls of three sets for the fourth, and on another author's pieces.
SURE_FROM = {ClientSaid.EXPLICIT: 0.7, ClientSaid.POSTPONED: 0.88}
BELIEVED_FROM = 0.08
#: In mono, where the words may be the agent's, it must be surer.
SURE_IN_MONO_FROM = 0.95
#: From this probability of a refusal by the whole call on, a closing is not called false: the client may have refused.
#: Of 219 refusals of authors left out 12 lie below it, and of 681 other calls 78 above it; a piece that would be a
#: refusal by itself (SURE_FROM) is a doubt as well, and where the call has no stand, the probability of any piece.
DOUBT_FROM = 0.2
PIECE_DOUBT_FROM = 0.3
#: In mono a piece may be the agent's words: the whole call must bear it out with this probability.
BORNE_OUT_IN_MONO_FROM = 0.2
#: Probability of the whole call from which it counts, besides being the likeliest, and what a piece of the client's
#: own words must have to bear it out. Chosen by leaving one author out: fewer inventions, no less accuracy.
STANDS_FROM = {ClientSaid.EXPLICIT: 0.5, ClientSaid.POSTPONED: 0.4}
BORNE_OUT_FROM = {ClientSaid.EXPLICIT: 0.3, ClientSaid.POSTPONED: 0.2}
#: Stretches of one party from which a talk has a course to read, not only sentences.
COURSE_FROM = 4


def client_said(transcript: Transcript) -> Said:
    """Where the client stood: an explicit refusal, a postponement, or nothing of the kind.

    The stand of the whole call decides where there is a conversation to read. In the shortest talks the surest piece
    does; in mono too, where the whole call bears it out. What is found has a quote, the piece that speaks most for it;
    sentences that may not be quoted are not used.
    """
    talk = talk_of(transcript)
    classifier = refusal_classifier()
    likely = [classifier.pieces.of(piece.features) for piece in talk.pieces]
    has_course = len(talk.stretches) >= COURSE_FROM
    stand = stand_of(talk, likely, classifier) if has_course else None
    if stand is None or talk.is_mono:
        found = _by_pieces(talk, likely)
        if found is not None and stand is not None and stand[found[0]] < BORNE_OUT_IN_MONO_FROM:
            found = None
    else:
        found = _by_stand(talk, likely, stand)
    doubt = None if heard_clearly(transcript) else "client_words_unclear"
    if acknowledged(talk):
        doubt = doubt or "agent_spoke_of_refusal"
    piece_from = PIECE_DOUBT_FROM if stand is None or talk.is_mono else SURE_FROM[ClientSaid.EXPLICIT]
    may_refuse = any(
        chances[ClientSaid.EXPLICIT] >= piece_from
        for piece, chances in zip(talk.pieces, likely, strict=True)
        if not piece.is_question
    )
    if may_refuse or (stand is not None and stand[ClientSaid.EXPLICIT] >= DOUBT_FROM):
        doubt = doubt or "refusal_may_be_heard"
    if found is None:
        return Said(ClientSaid.NONE, doubt=doubt)
    said, piece = found
    return Said(
        said,
        " ".join(sentence.text for sentence in piece.sentences),
        round(piece.sentences[0].start_s, 2),
        round(piece.sentences[-1].end_s, 2),
        None if said is ClientSaid.EXPLICIT else doubt,
    )


def _by_stand(talk: Talk, likely: Sequence[Likely], stand: Likely) -> tuple[ClientSaid, Piece] | None:
    """What the whole call says, where words of the client's bear it out."""
    said = max(CLASSES, key=lambda one: stand[one])
    if said is ClientSaid.NONE or stand[said] < STANDS_FROM[said]:
        return None
    weights = [
        (chances[said] + (piece.said is said), piece)
        for piece, chances in zip(talk.pieces, likely, strict=True)
        if chances[said] >= BORNE_OUT_FROM[said] and not piece.is_question
    ]
    return (said, max(weights, key=lambda one: one[0])[1]) if weights else None


def _by_pieces(talk: Talk, likely: Sequence[Likely]) -> tuple[ClientSaid, Piece] | None:
    """The strongest thing that a piece says: lexicon and classifier judge together. A phrase of the lexicon needs the
    classifier not to object, the classifier alone must be sure. The surest piece counts, the first of equals."""
    best: dict[ClientSaid, tuple[float, Piece]] = {}
    for piece, chances in zip(talk.pieces, likely, strict=True):
        if piece.is_question:
            continue
        for said in (ClientSaid.EXPLICIT, ClientSaid.POSTPONED):
            if _stands(piece, said, chances[said]):
                # a phrase of the lexicon is quoted rather than what stands around it
                weight = chances[said] + (piece.said is said)
                if said not in best or weight > best[said][0] + 1e-9:
                    best[said] = (weight, piece)
    for said in (ClientSaid.EXPLICIT, ClientSaid.POSTPONED):
        if said in best:
            return said, best[said][1]
    return None


def _stands(piece: Piece, said: ClientSaid, likely: float) -> bool:
    if piece.said is said:
        return likely >= BELIEVED_FROM
    if said is ClientSaid.EXPLICIT and "r unless" in piece.features and "r always" not in piece.features:
        return False  # «мы не отказываемся», «если …»: what the lexicon takes back, the classifier does not bring back
    if piece.sentences[0].party is Party.CUSTOMER:
        return likely >= SURE_FROM[said]
    return said is ClientSaid.EXPLICIT and likely >= SURE_IN_MONO_FROM


#: A client who asks to be called again only in so many days, or later, has put the purchase off.
POSTPONED_FROM_DAYS = 10


def with_postponing(said: Said, spoken: Sequence[SpokenCommitment], call: Call, company: Company) -> Said:
    """``said``, or *postponed* where the client said nothing of the kind but asked for a call much later."""
    if said.said is not ClientSaid.NONE:
        return said
    today = call.started_at.astimezone(company.zone).date()
    for item in spoken:
        far = (item.due.due_from - today).days >= POSTPONED_FROM_DAYS
        if far and item.action is Action.CALLBACK and item.by is not Promiser.AGENT:
            return Said(ClientSaid.POSTPONED, item.quote, item.start_s, item.end_s, said.doubt)
    return said

"""A wish for the CRM in the company's words: what a person reads there, and in the plan before."""

from __future__ import annotations

from datetime import UTC, datetime, time
from urllib.parse import quote
from zoneinfo import ZoneInfo

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.domain.crm_write import CUSTOM, CrmWrite, WriteKind
from qc_workbench.reporting.document import Words
from qc_workbench.review.crm_writing import Wish


def crm_write(wish: Wish, crm: str, link: str, zone: ZoneInfo, words: Words) -> CrmWrite:
    """``link``: the address of the workbench, "" for none. ``words``: the catalogue of the company's language."""
    spoken = wish.promise.spoken if wish.promise else None
    return CrmWrite(
        crm=crm,
        kind=wish.kind,
        subject=wish.subject,
        call_id=wish.call.call_id,
        manager_id=wish.call.manager_id,
        client_phone=wish.call.client_phone,
        deal_id=wish.deal.deal_id if wish.deal else None,
        fields={name: value for name, value in _fields(wish, link, zone, words).items() if value},
        at_s=spoken.start_s if spoken else None,
        quote=spoken.quote if spoken else None,
    )


def _fields(wish: Wish, link: str, zone: ZoneInfo, words: Words) -> dict[str, str]:
    match wish.kind:
        case WriteKind.CALLBACK_TASK:
            return _task(wish, link, zone, words)
        case WriteKind.CALL_ACTIVITY:
            return _call(wish.call, link, words)
        case WriteKind.NEW_DEAL:
            return {
                "title": words(f"crm_write.deal_title.{_how(wish.call)}", day=words.day(wish.call.started_at)),
                "name": words("crm_write.person_name", day=words.day(wish.call.started_at)),
                **_custom(wish),
            }
        case WriteKind.TRACKING_FIELDS:
            return _custom(wish)
        case WriteKind.CALL_NOTE:
            return {"text": _summary(wish, link, words)}


def _custom(wish: Wish) -> dict[str, str]:
    return {f"{CUSTOM}{name}": value for name, value in wish.fields.items()}


def _task(wish: Wish, link: str, zone: ZoneInfo, words: Words) -> dict[str, str]:
    assert wish.due_day is not None
    moment = _moment(wish.call, words)
    if wish.promise is None:
        subject, text = (
            words("crm_write.missed_subject"),
            words("crm_write.missed_text", moment=moment, n=wish.attempts),
        )
    else:
        spoken = wish.promise.spoken
        subject = words("crm_write.task_subject")
        text = words("crm_write.task_text", moment=moment, at=_clock(spoken.start_s), quote=spoken.quote)
    text = _with_link(text, wish.call, link, words, wish)
    fields = {"subject": subject, "text": text, "due_day": wish.due_day.isoformat()}
    if wish.due_time is not None:
        # The day alone is not enough: the CRM keeps moments in UTC.
        fields["due_at"] = iso(datetime.combine(wish.due_day, wish.due_time, zone))
    else:
        fields["due_until"] = iso(datetime.combine(wish.due_day, time(23, 59), zone))
    return fields


def _call(call: Call, link: str, words: Words) -> dict[str, str]:
    how = _how(call)
    text = words("crm_write.call_text", moment=_moment(call, words), talk=_clock(call.talk_s))
    return {
        "subject": words(f"crm_write.call_subject.{how}"),
        "text": _with_link(text, call, link, words),
        "started_at": iso(call.started_at),
        "talk_s": str(round(call.talk_s)),
        "direction": how,
        "link": _address(call, link),
    }


def _summary(wish: Wish, link: str, words: Words) -> str:
    call = wish.call
    how = words(f"crm_write.call_subject.{_how(call)}")
    head = words("crm_write.note_head", how=how, moment=_moment(call, words), talk=_clock(call.talk_s))
    lines = [head]
    for promise in wish.promises:
        spoken = promise.spoken
        lines.append(
            words(
                f"crm_write.note_promise.{spoken.by.value}",
                what=words(f"action.{spoken.action.value}").lower(),
                day=words.day(spoken.due.due_to),
                quote=spoken.quote,
                at=_clock(spoken.start_s),
            )
        )
    refusal = wish.refusal
    if refusal is not None and refusal.client_said is not ClientSaid.NONE and refusal.quote:
        at = _clock(refusal.start_s or 0.0)
        lines.append(words(f"crm_write.note_{refusal.client_said.value}", quote=refusal.quote, at=at))
    return _with_link("\n".join(dict.fromkeys(lines)), call, link, words)


def _with_link(text: str, call: Call, link: str, words: Words, wish: Wish | None = None) -> str:
    if not link:
        return text
    at = f"&at={int(wish.promise.spoken.start_s)}" if wish is not None and wish.promise is not None else ""
    return f"{text}\n{words('crm_write.listen', link=_address(call, link) + at)}"


def _address(call: Call, link: str) -> str:
    return f"{link.rstrip('/')}/call?id={quote(call.call_id, safe='')}" if link else ""


def _how(call: Call) -> str:
    if call.outcome is not Outcome.ANSWERED and call.direction is Direction.INBOUND:
        return "missed"
    return "incoming" if call.direction is Direction.INBOUND else "outgoing"


def _moment(call: Call, words: Words) -> str:
    return words.moment(call.started_at, "d MMMM y, HH:mm")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")

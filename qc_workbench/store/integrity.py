"""What the tables must agree on: each rule is one query that lists the rows that break it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qc_workbench.store.database import Reader

#: Seconds that speech may end after the end of its recording: rounding of word times and of containers.
END_TOLERANCE_S = 0.5
NOTICES = frozenset({"recording_attached_twice", "recording_sounds_the_same"})


@dataclass(frozen=True, slots=True, order=True)
class IntegrityProblem:
    """``code`` names the text (``integrity.<code>``); ``subject`` and ``detail`` fill it in."""

    code: str
    subject: str
    detail: str = ""

    @property
    def is_notice(self) -> bool:
        """Worth a look, but nothing that contradicts itself: a telephone system that splits a transferred call may
        attach one recording to both parts on purpose."""
        return self.code in NOTICES


# Calls that have no manager row are normal while no managers.csv was imported at all; the same for deals.
_RULES: Mapping[str, str] = {
    "activity_without_deal": """
        select activity_id as subject, deal_id as detail from activities
        where deal_id is not null and exists (select 1 from deals)
          and deal_id not in (select deal_id from deals)""",
    "note_without_deal": """
        select note_id as subject, deal_id as detail from notes
        where deal_id is not null and exists (select 1 from deals)
          and deal_id not in (select deal_id from deals)""",
    "stage_change_without_deal": """
        select distinct deal_id as subject, '' as detail from stage_changes
        where deal_id not in (select deal_id from deals)""",
    "change_without_activity": """
        select distinct activity_id as subject, '' as detail from activity_changes
        where activity_id not in (select activity_id from activities)""",
    "call_without_manager": """
        select call_id as subject, manager_id as detail from calls
        where manager_id <> '' and exists (select 1 from managers)
            and manager_id not in (select manager_id from managers)""",
    "recording_without_call": """
        select call_id as subject, coalesce(path, '') as detail from recordings
        where call_id not in (select call_id from calls)""",
    "transcript_without_call": """
        select call_id as subject, '' as detail
        from (select call_id from transcripts union select call_id from turns)
        where call_id not in (select call_id from calls)""",
    "transcript_of_other_sound": """
        select call_id as subject, transcripts.content_hash as detail from transcripts join recordings using (call_id)
        where transcripts.content_hash is distinct from recordings.content_hash""",
    "flag_without_call": """
        select call_id as subject, flag_id as detail from flags
        where call_id not in (select call_id from calls)""",
    "finding_without_flag": """
        select finding_id as subject, flag_id as detail from findings
        where flag_id not in (select flag_id from flags)""",
    "bonus_approval_changed": """
        select agent as subject, strftime(month, '%Y-%m') as detail from bonus_approvals
        where sha256(frozen) <> bonus_approvals.sha256""",
    "sample_without_call": """
        select call_id as subject, draw_id as detail from sample
        where call_id not in (select call_id from calls)""",
    "sample_without_draw": """
        select call_id as subject, draw_id as detail from sample
        where queue = 'random' and draw_id not in (select draw_id from draws)""",
    # Order is by the beginning of turns; parties may talk over each other, so ends may cross.
    "turn_order": """
        select call_id as subject, cast(position as varchar) as detail from (
            select call_id, position, start_s, end_s,
                lag(start_s) over (partition by call_id order by position) as before_s
            from turns)
        where start_s < 0 or end_s < start_s or start_s < before_s""",
    "turn_beyond_end": f"""
        select turns.call_id as subject, cast(turns.position as varchar) as detail
        from turns join recordings using (call_id)
        where recordings.duration_s is not null and turns.end_s > recordings.duration_s + {END_TOLERANCE_S}""",  # noqa: S608 (a constant of this module)
}


def broken_rows(reader: Reader) -> list[IntegrityProblem]:
    """Every row that breaks a rule, by rule and subject."""
    return sorted(
        IntegrityProblem(code, str(row["subject"]), str(row["detail"]))
        for code, sql in _RULES.items()
        for row in reader.rows(sql)
    )

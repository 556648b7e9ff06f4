-- C: a conversation left no words in the CRM within the hours that the settings allow. A written result of an activity
-- says as much as a note. Clients without a deal are the matter of no_deal.
with talks as (
    select c.call_id, c.manager_id, c.client_phone, c.started_at, c.traces_from,
           timezone(zone(), c.ended_at + to_microseconds((3.6e9 * note_within_hours())::bigint)) as local_due
    from known_calls c join client_phones p on p.phone = c.client_phone where c.was_talk
),
dated as (
    select talks.*, timezone(zone(), works_on + local_due::time) as deadline
    from talks join days on days.day = local_due::date
),
due as (select * from dated where deadline <= as_of()),
noted as (
    select distinct d.call_id
    from due d join words w on w.phone = d.client_phone and w.said_at >= d.traces_from and w.said_at <= d.deadline
)
select call_id as thing, manager_id, deadline as happened_at, call_id, client_phone as phone, started_at
from due where call_id not in (select call_id from noted)

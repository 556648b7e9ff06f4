-- A missed caller was not called back within the minutes that the settings allow, counted in working time, and did not
-- get through by a second try either. One of several misses before anybody answers: the first. `detail`: the minutes.
with missed as (
    select c.*, days.works_on, days.next_works_on
    from known_calls c join days using (day)
    where c.direction = 'inbound' and c.outcome <> 'answered'
),
counted as (
    -- Outside of working hours the minutes begin with the next working day.
    select m.*, next_works_on + day_starts() as next_start, callback_within_minutes() as allowed,
           case when works_on > day then works_on + day_starts() when local_end < day + day_starts() then day + day_starts()
                when local_end < day + day_ends() then local_end else next_works_on + day_starts() end as counted_from,
           counted_from::date + day_ends() as stops_at
    from missed m
),
due as (
    -- What does not fit into the day goes on in the next.
    select *, date_diff('minute', counted_from, stops_at) as fits,
           timezone(zone(), if(allowed <= fits, counted_from + to_minutes(allowed), next_start + to_minutes(allowed - fits))) as deadline
    from counted
),
reached as (
    select distinct d.call_id
    from due d join known_calls k on k.client_phone = d.client_phone and k.started_at > d.started_at and k.started_at <= d.deadline
    where k.direction = 'outbound' or (k.direction = 'inbound' and k.outcome = 'answered')
),
tried_before as (
    -- Their second try while the first one waited in vain: the same fault.
    select distinct d.call_id
    from due d join due e on e.client_phone = d.client_phone and e.started_at < d.started_at and d.started_at <= e.deadline
    where e.call_id not in (select call_id from reached)
)
select call_id as thing, manager_id, deadline as happened_at, call_id, concat(allowed, '') as detail
from due
where deadline <= as_of() and call_id not in (select call_id from reached)
  and call_id not in (select call_id from tried_before)

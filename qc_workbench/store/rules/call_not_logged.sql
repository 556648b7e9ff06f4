-- A connected call has no trace in the CRM (no activity and no note of the client) by the control of its day.
-- Calls known to be no conversation are left to the padded-call flags: one fault, one accusation.
-- `detail`: of the agent's calls that ended on that day, how many were logged and how many were made.
with connected as (
    select c.call_id, c.manager_id, c.client_phone, c.started_at, c.day, c.traces_from, c.control_at
    from known_calls c join client_phones p on p.phone = c.client_phone
    where c.direction <> 'internal' and c.outcome = 'answered' and c.was_talk is distinct from false
      and c.control_at <= as_of()
),
logged as (
    select distinct c.call_id
    from connected c join traces t on t.phone = c.client_phone and t.left_at >= c.traces_from and t.left_at <= c.control_at
),
counted as (
    select c.*, l.call_id is not null as is_logged,
           count(*) over (partition by c.manager_id, c.day) as made,
           count(l.call_id) over (partition by c.manager_id, c.day) as entered
    from connected c left join logged l on l.call_id = c.call_id
)
select call_id as thing, manager_id, control_at as happened_at, call_id, client_phone as phone, started_at,
       concat(entered, ' / ', made) as detail
from counted where not is_logged

-- B: a task is not done by the control of the day it was due; a due date without a time lasts until midnight.
-- Tasks of closed deals do not count.
with open_tasks as (
    select t.*, timezone(zone(), t.due_at) as local_due from tasks t
    where t.due_at <= as_of() and not t.is_done
      and coalesce(t.deal_id not in (select deal_id from known_deals where not is_open), true)
),
ends as (
    select *, if(local_due::time = time '00:00', timezone(zone(), local_due + interval 1 day), due_at) as ends_at,
           (if(local_due::time = time '00:00', local_due + interval 1 day, local_due) - interval 1 microsecond)::date as last_day
    from open_tasks
)
select activity_id as thing, due_at as since, manager_id, due_at as happened_at, deal_id, activity_id
from ends join days on days.day = last_day
where greatest(ends_at, control_at) <= as_of()

-- E: a planned step was marked done without a written result and still has none at the control.
-- A call activity without a due date is an entry that telephony made, not a task.
with done as (
    select t.*, timezone(zone(), done_at)::date as day
    from tasks t where is_done and no_result and not (type = 'call' and due_at is null)
)
select activity_id as thing, manager_id, done_at as happened_at, deal_id, activity_id
from done join days using (day)
where if(control_at >= done_at, control_at, next_control_at) <= as_of()

-- A task was moved again and again: once a task, at the move with which the days it was moved by became more than
-- allowed in all. `detail`: how often it was moved and by how many days, as of now.
with counted as (
    select *, row_number() over so_far as times, sum(new_day - old_day) over so_far as days_moved,
           count(*) over (partition by activity_id) as all_times,
           sum(new_day - old_day) over (partition by activity_id) as all_days
    from moves window so_far as (partition by activity_id order by changed_at)
)
select activity_id as thing, manager_id, changed_at as happened_at, deal_id, activity_id,
       concat(all_times, ' × ', all_days) as detail
from counted where times >= 2 and days_moved > dragged_days_at_most()
qualify row_number() over (partition by activity_id order by changed_at) = 1

-- A due date was moved to a later day; each move counts, by whoever made it. Another hour of the day is no move.
select activity_id as thing, changed_at as since, coalesce(changed_by, manager_id) as manager_id,
       changed_at as happened_at, deal_id, activity_id, concat(old_day, ' → ', new_day) as detail
from moves

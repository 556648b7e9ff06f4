-- A: an open deal has no step left to do, from the control of the day it lost the last one, or was made.
with steps as (select deal_id, bool_or(not is_done) as is_planned, max(done_at) as last_done from deal_tasks group by deal_id),
stuck as (
    select d.*, coalesce(s.last_done, d.created_at, d.stage_since) as since
    from known_deals d left join steps s using (deal_id) where d.is_open and not coalesce(s.is_planned, false)
)
select deal_id as thing, since, manager_id,
       if(days.control_at >= since, days.control_at, days.next_control_at) as happened_at, deal_id
from stuck join days on days.day = timezone(zone(), since)::date
where happened_at <= as_of()

-- C: an open deal has notes and none of them is pinned, from the control of the day of its first note.
with noted as (
    select d.deal_id, any_value(d.manager_id) as manager_id, min(n.created_at) as first_note
    from known_deals d join known_notes n using (deal_id) where d.is_open
    group by d.deal_id having not bool_or(n.pinned)
)
select deal_id as thing, manager_id, if(control_at >= first_note, control_at, next_control_at) as happened_at, deal_id
from noted join days on days.day = timezone(zone(), first_note)::date
where happened_at <= as_of()

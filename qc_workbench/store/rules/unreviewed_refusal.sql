-- F: a lost deal that nobody but its own agent has touched since, by the control of the next working day. A review is
-- a ruling in the workbench, or the closing itself, a later stage change or a note by somebody else.
with lost as (
    select deal_id, manager_id, lost_reason, coalesce(closed_at, stage_since) as lost_at from known_deals
    where status = 'lost' and not is_open and deal_id not in (select deal_id from reviewed)
),
by_others as (
    select l.deal_id from lost l join stage_changes s using (deal_id)
    where s.changed_by <> l.manager_id and s.changed_at >= l.lost_at - interval 15 minute and s.changed_at <= as_of()
    union all
    select l.deal_id from lost l join known_notes n using (deal_id)
    where n.author_id <> l.manager_id and n.created_at >= l.lost_at
    union all
    select l.deal_id
    from (select client_phone as phone, author_id, created_at from known_notes where deal_id is null) n
    join deal_phones p using (phone) join lost l on l.deal_id = p.deal_id
    where n.author_id <> l.manager_id and n.created_at >= l.lost_at
),
first_control as (
    select lost.*, timezone(zone(), if(control_at >= lost_at, control_at, next_control_at))::date as first_day
    from lost join days on days.day = timezone(zone(), lost_at)::date
)
select deal_id as thing, lost_at as since, manager_id, lost_at as happened_at, deal_id, coalesce(lost_reason, '') as detail
from first_control join days on days.day = first_day
where next_control_at <= as_of() and deal_id not in (select deal_id from by_others)

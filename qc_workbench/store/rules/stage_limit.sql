-- An open deal stands in a stage longer than its limit of calendar days.
with entered as (
    select deal_id, max(changed_at) as entered_at from stage_changes where changed_at <= as_of() group by deal_id
),
standing as (
    select d.*, l.days as days_allowed, greatest(d.stage_since, e.entered_at) as since
    from known_deals d join stage_limits l using (stage) left join entered e using (deal_id) where d.is_open
)
select concat(deal_id, chr(0), stage) as thing, since, manager_id, control_at as happened_at, deal_id, stage as detail
from standing join days on days.day = timezone(zone(), since)::date + days_allowed
where control_at <= as_of()

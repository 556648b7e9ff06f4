-- An agent has more open deals than allowed. Those beyond the number go to the lead exchange, the longest in their stage
-- first (they move least here); of deals as long, those with the greater number. One breach a deal, so that the list to
-- return is the breaches; it happened when the agent's open deals became one too many. `detail`: held / allowed.
with mine as (
    select deal_id, manager_id, count(*) over (partition by manager_id) as held,
           row_number() over (partition by manager_id order by coalesce(stage_since, created_at) desc nulls last, deal_id) as place,
           coalesce(created_at, stage_since) as made_at
    from known_deals where is_open and manager_id <> ''
),
full_from as (
    select manager_id, made_at as happened_at from mine
    qualify row_number() over (partition by manager_id order by made_at nulls first, deal_id) = open_deals_at_most() + 1
)
select deal_id as thing, manager_id, coalesce(f.happened_at, as_of()) as happened_at, deal_id,
       concat(held, ' / ', open_deals_at_most()) as detail
from mine join full_from f using (manager_id) where place > open_deals_at_most()

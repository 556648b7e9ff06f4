-- A sale of the accounting system that no won deal of the CRM stands behind: the same client, won by the control of the
-- next working day. A sale to nobody in particular is the matter of anonymous_sale. `detail`: the
-- sale and its amount.
with sold as (
    select s.*, days.next_control_at as deadline
    from sales s join days on days.day = timezone(zone(), s.sold_at)::date
    where s.client_phone is not null and days.next_control_at <= as_of()
)
select sale_id as thing, coalesce(manager_id, '') as manager_id, sold_at as happened_at, concat(sale_id, ' · ', amount) as detail
from sold
where client_phone not in (
    select p.phone from deal_phones p join known_deals d using (deal_id) where d.status = 'won' and not d.is_open)

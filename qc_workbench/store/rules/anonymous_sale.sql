-- A sale whose client has neither a number nor a name: nobody can call them again, nobody can check it. `detail`: the
-- sale and its amount.
select sale_id as thing, coalesce(manager_id, '') as manager_id, sold_at as happened_at, concat(sale_id, ' · ', amount) as detail
from sales where sold_at <= as_of() and client_phone is null and trim(coalesce(client_name, '')) = ''
  and sale_id not in (select id from erased where kind = 'sale')

-- A new number called, nobody answered, and it has no deal by the control of that day. Once a client. A number that
-- somebody talked to meanwhile is the matter of no_deal: one fault, one accusation.
select client_phone as thing, manager_id, control_at as happened_at, call_id
from known_calls
where direction = 'inbound' and outcome <> 'answered' and client_phone not in (select phone from client_phones)
  and control_at <= as_of()
  and client_phone not in (select client_phone from known_calls where was_talk and direction <> 'internal')
qualify row_number() over (partition by client_phone order by started_at, call_id) = 1

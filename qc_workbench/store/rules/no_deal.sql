-- A client was talked to and has no deal by the control of that day. Once a client, at the first such call.
select client_phone as thing, manager_id, control_at as happened_at, call_id
from known_calls
where direction <> 'internal' and was_talk and client_phone not in (select phone from client_phones)
  and control_at <= as_of()
qualify row_number() over (partition by client_phone order by started_at, call_id) = 1

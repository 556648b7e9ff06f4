-- A company of the size that the rules of order are measured on, for pipelines/bench_order.py. `calls` calls and as many
-- activities in two years of working days, 200 agents, a client in five calls, a deal for four clients of five.
-- Rates are those of a department that keeps its CRM fairly well; each rule finds some of what it looks for:
-- 60 % of the activities are calls logged by telephony, 40 % tasks, of which 95 % are done, 97 % of these with a result
-- and 8 % moved once or more; 4 % of the calls leave no trace; 60 % of the talks have a note; 3 % of the deals are open,
-- 55 % lost, of which a fifth is looked at by nobody else. Only callbacks are worse than life: hardly any is in time.
create temp macro chance(i, salt) as (hash(i, salt) % 1000003) / 1000003.0;
create temp macro phone(k) as '+79' || lpad(cast(k as varchar), 9, '0');
create temp macro workday(d) as date '2024-11-04' + cast(d // 5 * 7 + d % 5 as integer);
create temp table seed as
select range as i, 'c' || range as call_id, (range * 7919) % (getvariable('calls') // 5) as client,
       timezone('UTC', workday(range * 520 // getvariable('calls'))
           + to_seconds(6 * 3600 + cast((range * 520 % getvariable('calls')) * 36000 / getvariable('calls') as bigint))) as started_at,
       'm' || (((range * 7919) % (getvariable('calls') // 5)) % 200) as manager_id,
       if(chance(range, 1) < 0.4, 'inbound', 'outbound') as direction, chance(range, 2) as fate
from range(getvariable('calls'));

insert into calls (call_id, started_at, direction, manager_id, client_phone, talk_s, outcome, wait_s, attributes, imported_at)
select call_id, started_at, direction, manager_id, phone(client), if(fate < 0.8, 5 + 400 * chance(i, 3) ** 3, 0),
       if(fate < 0.8, 'answered', if(fate < 0.95, 'missed', 'busy')), 8, '{}', started_at from seed;
insert into conversations (call_id, fingerprint, answered_by, message_left, conversation_s, agent_speech_s,
    customer_speech_s, verified_effective)
select call_id, 'b', 'human', false, talk_s * 0.8, talk_s * 0.4, talk_s * 0.4, if(chance(call_id, 4) < 0.03, null, talk_s > 20)
from calls where outcome = 'answered';
insert into deals (deal_id, client_phones, manager_id, stage, status, stage_since, lost_reason, amount, created_at,
    closed_at, attributes)
with first_calls as (
    select client, any_value(manager_id) as manager_id, min(started_at) as first_at, max(started_at) as last_at
    from seed group by client having chance(client, 5) < 0.8
)
select 'd' || client, to_json([phone(client)]), manager_id,
       case when chance(client, 6) < 0.03 then if(chance(client, 7) < 0.5, 'Думают', 'КП отправлено') else 'Итог' end,
       case when chance(client, 6) < 0.03 then 'open' when chance(client, 6) < 0.58 then 'lost' else 'won' end,
       last_at + interval 1 day, 'Дорого', 1000, first_at + interval 5 minute,
       if(chance(client, 6) < 0.03, null, last_at + interval 1 day), '{}'
from first_calls;
insert into stage_changes (deal_id, changed_at, from_stage, to_stage, changed_by)
select deal_id, created_at, null, 'Новая', manager_id from deals
union all
select deal_id, stage_since, 'Новая', stage, if(chance(deal_id, 8) < 0.8, 'head', manager_id) from deals;
insert into activities (activity_id, manager_id, type, created_at, deal_id, client_phone, subject, due_at, done_at, result,
    attributes)
select 'a' || i, manager_id, if(chance(i, 10) < 0.6, 'call', 'task'),
       started_at + interval 2 minute, if(chance(client, 5) < 0.8, 'd' || client, null), phone(client), 'Перезвонить',
       if(chance(i, 10) < 0.6, null, started_at + to_days(cast(1 + 6 * chance(i, 12) as integer))),
       case when chance(i, 10) < 0.6 then started_at + interval 2 minute
            when chance(i, 13) < 0.95 then started_at + to_days(cast(1 + 6 * chance(i, 12) as integer)) end,
       if(chance(i, 14) < 0.97, 'Договорились', null), '{}'
from seed where chance(i, 11) < 0.96
-- Those without a trace: their activity is made a week later, so that there are as many activities as calls.
union all
select 'a' || i, manager_id, 'task', started_at + interval 7 day, null, phone(client), 'Уточнить',
       started_at + interval 9 day, started_at + interval 9 day, 'Уточнили', '{}'
from seed where chance(i, 11) >= 0.96;
insert into activity_changes (activity_id, changed_at, field, old_value, new_value, changed_by)
select activity_id, created_at + to_hours(cast(step as integer)), 'due_at', strftime(timezone('UTC', due_at), '%Y-%m-%dT%H:%M:%S+00:00'),
       strftime(timezone('UTC', due_at + to_days(cast(3 * step as integer))), '%Y-%m-%dT%H:%M:%S+00:00'), manager_id
from activities, range(1, 4) as steps(step)
where due_at is not null and chance(activity_id, 16) < 0.08 and chance(activity_id, 17) * 3 > step - 1;
insert into notes (note_id, created_at, text, deal_id, client_phone, author_id, pinned)
select 'n' || i, started_at + interval 15 minute, 'Думает', if(chance(i, 20) < 0.7 and chance(client, 5) < 0.8, 'd' || client, null),
       phone(client), manager_id, chance(i, 21) < 0.3
from seed where fate < 0.8 and chance(i, 22) < 0.6;
insert into sales (sale_id, sold_at, amount, client_phone, client_name, manager_id)
select 's' || deal_id, closed_at, 1000, if(chance(deal_id, 30) < 0.01, null, client_phones->>'$[0]'),
       if(chance(deal_id, 30) < 0.005, null, 'Имя'), manager_id
from deals where status = 'won' or (status = 'lost' and chance(deal_id, 31) < 0.02);
insert into deal_findings (deal_id, finding, calls, certainty)
select deal_id, if(chance(deal_id, 32) < 0.1, 'client_postponed', 'client_refused'), 5, 0.5 from deals where status = 'lost';

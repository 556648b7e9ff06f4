-- The rows of a simulated year (pipelines/simulate_year.py): one statement a table, from the columns sim_calls and sim_contacts.
-- Variables set before: agents, seed, zone, dragged_days, ends_at. Nothing here is of chance but names, amounts and the draws, which hash(seed) gives.

create temp macro chance(i, salt) as (hash(i, salt, getvariable('seed')) % 1000003) / 1000003.0;
create temp macro pick(i, salt, n) as cast(hash(i, salt, getvariable('seed')) % cast(n as ubigint) as bigint);
create temp macro phone(k) as '+7900' || lpad(cast(k as varchar), 7, '0');
create temp macro agent(k) as 'm' || (1 + k);
-- Ids as telephone systems give them: they say nothing about time.
create temp macro call_name(i) as lower(substr(md5(getvariable('seed') || 'call' || i), 1, 16));
create temp macro deal_name(client) as 'deal-' || client;
create temp macro step_name(r) as 'step-' || r;
create temp macro moment(us) as make_timestamptz(us);
create temp macro stage_name(stage) as list_value('Новая', 'Коммуникация', 'КП отправлено', 'Думают')[1 + stage];
create temp macro breach_name(kind, thing, since) as substr(sha256(concat_ws(chr(0), kind, thing,
    replace(strftime(timezone('UTC', since), '%Y-%m-%dT%H:%M:%S.%f'), '.000000', '') || '+00:00')), 1, 20);
create temp macro first_name(k) as list_value(
    'Анна', 'Борис', 'Вера', 'Глеб', 'Дарья', 'Егор', 'Жанна', 'Захар', 'Ирина', 'Кирилл', 'Лариса', 'Максим',
    'Нина', 'Олег', 'Полина', 'Роман', 'Софья', 'Тимур', 'Ульяна', 'Фёдор')[1 + k % 20];
create temp macro surname(k) as list_value(
    'Пример', 'Образец', 'Проба', 'Модель', 'Макет', 'Эскиз', 'Чертёж', 'Набросок', 'Этюд', 'Лекало')[1 + k % 10];

insert into managers (manager_id, name, role, extension, group_id, hired_at, left_at, attributes)
select agent(range), first_name(range) || ' ' || surname(range // 2), 'manager', cast(100 + range as varchar),
       'g' || (1 + range // 10), null, null, '{}' from range(getvariable('agents'))
union all select 'h1', 'Раиса Главная', 'head', null, null, null, null, '{}'
union all select 'q1', 'Савва Слушатель', 'qc', null, null, null, null, '{}';

insert into calls (call_id, started_at, direction, manager_id, client_phone, talk_s, outcome, wait_s, recording_name,
    source, medium, campaign, keyword, answered_by_role, group_id, language, attributes, imported_at)
select call_name(i), moment(started_us), case when internal then 'internal' when inbound then 'inbound' else 'outbound' end,
       agent(agent), case when not internal then phone(client) end, talk_s, outcome, 15, null,
       ['google', 'yandex', 'site', null][1 + pick(client, 'source', 4)], null, null, null, null, null, 'ru', '{}',
       moment(started_us) + interval 1 day
from sim_calls order by i;

-- The life of each deal: from its client's first contact to the last one.
create temp table sim_deals as
select client, any_value(agent) as agent, moment(min(ended_us) + 300000000) as created_at,
       bool_or(is_last) as is_closed, bool_or(won) as won, max(r) as last_r, arg_max(reviewed, r) as reviewed,
       arg_max(review_us, r) as review_us, moment(max(ended_us) + 1200000000) as closed_at
from sim_contacts where has_deal group by client;

-- A stage is entered at the contact that is its first.
create temp table sim_stages as
select *, moment(ended_us + 600000000) as changed_at, lag(stage) over mine as before
from sim_contacts where has_deal
window mine as (partition by client order by r) qualify stage is distinct from before;

insert into deals (deal_id, client_phones, manager_id, stage, status, stage_since, lost_reason, amount, currency,
    created_at, closed_at, source, client_name, attributes)
select deal_name(d.client), to_json([phone(d.client)]), agent(d.agent),
       case when d.won then 'Договор' else stage_name(s.stage) end,
       case when d.won then 'won' when d.is_closed then 'lost' else 'open' end,
       case when d.is_closed then d.closed_at else s.changed_at end,
       case when d.is_closed and not d.won then ['Дорого', 'Не выходит на связь', 'Купил у других'][1 + pick(d.client, 'why', 3)] end,
       cast(20000 + pick(d.client, 'amount', 200000) as decimal(18, 2)), 'RUB', d.created_at,
       case when d.is_closed then d.closed_at end, ['google', 'yandex', 'site', null][1 + pick(d.client, 'source', 4)],
       first_name(pick(d.client, 'first', 20)) || ' ' || surname(pick(d.client, 'last', 10)), '{}'
from sim_deals d join (select client, arg_max(stage, r) as stage, max(changed_at) as changed_at from sim_stages group by client) s
using (client) order by d.client;

insert into stage_changes (deal_id, changed_at, from_stage, to_stage, changed_by)
select deal_name(client), changed_at, stage_name(before), stage_name(stage), agent(agent) from sim_stages
union all
select deal_name(d.client), closed_at, stage_name(stage), case when d.won then 'Договор' else 'Отказ' end, agent(d.agent)
from sim_deals d join sim_contacts c on c.r = d.last_r where is_closed order by 2;

insert into activities (activity_id, manager_id, type, created_at, deal_id, client_phone, subject, due_at, done_at,
    result, attributes)
-- What telephony enters by itself, or the agent by hand.
select 'log-' || s.i, agent(s.agent), 'call', moment(s.ended_us + 60000000), deal_name(s.client), phone(s.client), null, null,
       moment(s.ended_us + 60000000), null, '{}'
from sim_calls s semi join sim_deals using (client) where outcome = 'answered' and not internal and logged
union all
select step_name(r), agent(agent), case when stage = 2 then 'proposal' when place = 1 and chance < 0.35 then 'meeting'
       when chance < 0.7 then 'call' else 'task' end, moment(ended_us + 600000000), deal_name(client), phone(client),
       case when stage = 2 then 'Обсудить предложение' when place = 1 and chance < 0.35 then 'Встреча' else 'Перезвонить' end,
       moment(due_us), moment(done_us), case when done_us is not null and with_result then 'Обсудили, договорились дальше' end, '{}'
from sim_contacts where has_deal and not is_last and fate <> 1 order by 4;

create temp table sim_moves as
select r, client, agent, moment(first_due_us - 5400000000) as changed_at, moment(first_due_us) as old_at, moment(second_due_us) as new_at
from sim_contacts where has_deal and not is_last and fate = 3
union all
select r, client, agent, moment(second_due_us - 5400000000), moment(second_due_us), moment(due_us)
from sim_contacts where has_deal and not is_last and fate = 3;

insert into activity_changes (activity_id, changed_at, field, old_value, new_value, changed_by)
select step_name(r), changed_at, 'due_at', strftime(old_at, '%Y-%m-%dT%H:%M:%S+00:00'),
       strftime(new_at, '%Y-%m-%dT%H:%M:%S+00:00'), agent(agent)
from sim_moves order by 2, 1;

insert into notes (note_id, created_at, text, deal_id, client_phone, author_id, pinned)
select 'note-' || r, moment(ended_us + 1200000000), 'Рассказал о заказе, решили, что дальше', deal_name(client), phone(client),
       agent(agent), row_number() over (partition by client order by r) = 1 and chance < 0.97
from sim_contacts where has_deal and is_talk and noted
union all
select 'review-' || client, moment(review_us), 'Отказ проверен', deal_name(client), phone(client), 'h1', false
from sim_deals where is_closed and not won and reviewed order by 2;

insert into sales (sale_id, sold_at, amount, client_phone, client_name, manager_id)
select 'sale-' || deal_id, closed_at, amount, client_phones->>'$[0]', client_name, manager_id
from deals where status = 'won' order by closed_at;

insert into conversations (call_id, fingerprint, answered_by, message_left, conversation_s, agent_speech_s,
    customer_speech_s, verified_effective)
select call_name(i), 'simulated-1', case when flagged then 'voicemail' else 'human' end, false,
       case when is_padded or flagged then 0 else round(talk_s * 0.8, 1) end, round(talk_s * 0.4, 1),
       case when is_padded or flagged then 0 else round(talk_s * 0.4, 1) end, verified
from sim_calls where examined order by i;

insert into flags (flag_id, call_id, kind, verdict, score, evidence, reasons, detector, version, created_at, retired_at)
select substr(sha256('simulated' || call_name(i)), 1, 16), call_name(i), 'fake_effective',
       case when flagged then 'flag' else 'unsure' end, round(0.6 + 0.4 * chance, 3),
       '[{"channel":1,"end_s":6.0,"kind":"voicemail_greeting","quote":"оставьте сообщение после сигнала","side":"against","start_s":2.0}]',
       '["voicemail"]', 'simulated', '1', moment(started_us) + interval 6 hour, null
from sim_calls where flagged or unsure order by i;

-- Nobody is confirmed against who was not asked: the question, an answer an hour later, then the ruling.
insert into findings (finding_id, flag_id, ruling, ruled_by, ruled_at, reason, supersedes)
select substr(sha256('asked' || call_name(i)), 1, 32), substr(sha256('simulated' || call_name(i)), 1, 16),
       'asked', 'h1', moment(started_us) + interval 7 hour, '', null
from sim_calls where ruled and confirmed order by ruled_us;

insert into agent_answers (answer_id, call_id, kind, flag_id, answer, given_by, given_at)
select substr(sha256('answered' || call_name(i)), 1, 32), call_name(i), 'fake_effective',
       substr(sha256('simulated' || call_name(i)), 1, 16), 'Ждал, пока клиент подойдёт', agent(agent),
       moment(started_us) + interval 8 hour
from sim_calls where ruled and confirmed order by ruled_us;

insert into findings (finding_id, flag_id, ruling, ruled_by, ruled_at, reason, supersedes)
select substr(sha256('ruled' || call_name(i)), 1, 32), substr(sha256('simulated' || call_name(i)), 1, 16),
       case when confirmed then 'confirmed' else 'rejected' end, 'h1', moment(ruled_us),
       case when confirmed then '' else 'Слышен живой разговор' end, null
from sim_calls where ruled order by ruled_us;

insert into commitments (commitment_id, call_id, promised_by, action, quote, start_s, end_s, due_from, due_to, time_from,
    time_to, date_phrase, rule, outcome, activity_id, kept_by_call_id, moves, reasons, as_of)
select 'promise-' || c.r, call_name(c.i), ['customer', 'agent', 'both'][1 + pick(c.r, 'by', 3)],
       ['callback', 'send_offer', 'decide'][1 + pick(c.r, 'action', 3)], 'Тогда созвонимся, как договорились', 20, 24,
       timezone(getvariable('zone'), moment(c.promised_us))::date, timezone(getvariable('zone'), moment(c.promised_us))::date,
       null, null, 'как договорились', 'simulated',
       case c.fate when 1 then 'missing' when 2 then 'overdue' when 3 then 'dragged' when 4 then 'scheduled_late'
            else case when c.ends_here then 'scheduled' when c.chance < 0.07 or not c.has_deal then 'kept_unlogged' else 'kept' end end,
       case when c.has_deal and c.fate <> 1 then step_name(c.r) end,
       case when c.fate = 0 and not c.ends_here then call_name(n.i) end, case when c.fate = 3 then 2 else 0 end,
       case when c.fate = 1 then '["no_task","no_call"]' else '["task_found"]' end, moment(c.ended_us) + interval 1 day
from sim_contacts c left join sim_contacts n on n.r = c.r + 1 where c.promised order by c.r;

insert into refusals (call_id, client_said, deal_id, deal_status, false_refusal, quote, start_s, end_s)
select call_name(c.i), case when c.chance < 0.03 then 'postponed' else 'explicit' end, deal_name(c.client), 'lost', c.chance < 0.03,
       case when c.chance < 0.03 then 'Сейчас не могу, наберите весной' else 'Нет, спасибо, уже купили' end, 3, 8
from sim_contacts c where has_deal and is_last and not won and is_talk order by c.i;

-- Breaches as the nightly control saw them, under the ids that the rules give (store/rules).
insert into violations (violation_id, kind, manager_id, happened_at, call_id, deal_id, activity_id, detail, seen_at, cleared_at)
with talks as (
    select i, agent, deal_name(client) as deal_id, moment(started_us - 900000000) as started_at, verified,
           moment(note_due_us) as due_at, moment(control_us) as control_at
    from sim_calls semi join sim_deals using (client) where outcome = 'answered' and not internal
),
broken as (
    select 'no_task' as kind, c.deal_id as thing, coalesce(t.done_at, c.created_at) as since,
           agent(c.agent) as manager_id, control_at as happened_at, null as call_id, c.deal_id, null as activity_id, '' as detail, c.cleared_at
    from (
        select moment(cleared_us) as cleared_at, c.agent, deal_name(client) as deal_id, created_at, moment(control_us) as control_at
        from sim_contacts c join sim_deals d using (client) where c.has_deal and not c.is_last and c.fate = 1
    ) c asof left join (select deal_id, done_at from activities where done_at is not null) t
    on t.deal_id = c.deal_id and t.done_at <= c.control_at
    union all
    select 'overdue_task', step_name(r), moment(due_us), agent(agent), moment(due_us), null, deal_name(client), step_name(r), '',
           moment(cleared_us) from sim_contacts where has_deal and not is_last and fate = 2
    union all
    select 'due_date_moved', step_name(r), changed_at, agent(agent), changed_at, null,
           deal_name(client), step_name(r),
           concat(timezone(getvariable('zone'), old_at)::date, ' → ', timezone(getvariable('zone'), new_at)::date), null
    from sim_moves
    union all
    select 'dragged_task', step_name(r), null, agent(any_value(agent)), max(changed_at), null, deal_name(any_value(client)), step_name(r),
           concat(count(*), ' × ', sum(new_at::date - old_at::date)), null
    from sim_moves group by r having sum(new_at::date - old_at::date) > getvariable('dragged_days')
    union all
    select 'no_note', call_name(i), null, agent(agent), due_at, call_name(i), null, null, '', null
    from talks asof left join (
        select deal_id, created_at as said_at from notes
        union all select deal_id, done_at from activities where done_at is not null and result <> ''
    ) words on words.deal_id = talks.deal_id and words.said_at >= talks.started_at
    where verified and coalesce(said_at > due_at, true)
    union all
    select 'call_not_logged', call_name(i), null, agent(agent), control_at, call_name(i), null, null, '', null
    from talks asof left join (
        select deal_id, created_at as left_at from notes union all select deal_id, created_at from activities
        union all select deal_id, done_at from activities where done_at is not null
    ) traces on traces.deal_id = talks.deal_id and traces.left_at >= talks.started_at
    where verified is distinct from false and coalesce(left_at > control_at, true)
    union all
    select 'no_deal', phone(client), null, agent(arg_min(agent, i)), moment(min(control_us)), call_name(min(i)), null, null, '', null
    from sim_calls where verified and not internal and client not in (select client from sim_deals) group by client
    union all
    select 'missed_without_deal', phone(client), null, agent(arg_min(agent, i)), moment(min(control_us)), call_name(min(i)), null, null, '', moment(min(talked_us))
    from sim_calls left join (select client, min(ended_us) as talked_us from sim_calls where verified and not internal group by client) using (client)
    where inbound and outcome <> 'answered' and client not in (select client from sim_deals) and coalesce(talked_us > control_us, true)
    group by client
    union all
    select 'no_result', step_name(r), null, agent(agent), moment(done_us), null, deal_name(client), step_name(r), '', null
    from sim_contacts where has_deal and not is_last and fate <> 1 and done_us is not null and not with_result
    union all
    select 'unreviewed_refusal', deal_name(client), closed_at, agent(agent), closed_at, null,
           deal_name(client), null, '', null from sim_deals where is_closed and not won and not reviewed
)
select breach_name(kind, thing, since), kind, manager_id, happened_at, call_id, deal_id, activity_id, detail, happened_at, cleared_at
from broken where happened_at < getvariable('ends_at') qualify row_number() over (partition by kind, thing, since order by happened_at) = 1 order by happened_at;

-- The weekly plan: one call in ten of the incoming ones, one in twenty of the others, rounded up, of each agent.
create temp table framed as
select call_name(i) as call_id, moment(started_us) as started_at, inbound, agent,
       case when inbound then 'inbound' else 'outbound' end as direction,
       date_trunc('week', timezone(getvariable('zone'), moment(started_us)))::date as week, chance(i, 'draw') as lot
from sim_calls where not internal and outcome = 'answered';

insert into sample (draw_id, call_id, plan, period, stratum, queue, inclusion_probability, drawn_at, status, assigned_to,
    replaces, reason)
with ranked as (
    select *, row_number() over stratum as rank, count(*) over (partition by week, inbound, agent) as many,
           ceil(many * case when inbound then 0.1 else 0.05 end) as wanted
    from framed window stratum as (partition by week, inbound, agent order by lot, call_id)
)
select substr(sha256(getvariable('seed') || 'weekly' || week), 1, 20), call_id, 'weekly', strftime(week, '%G-W%V'),
       'direction=' || direction || ';manager_id=' || agent(agent), 'random', wanted / many,
       timezone('UTC', week + interval 6 day + interval 21 hour), 'done', 'q1', null, null
from ranked where rank <= wanted order by week, rank;

insert into draws (draw_id, plan, plan_name, period_from, period_to, seed, frame_hash, frame, drawn_at, program_version)
select substr(sha256(getvariable('seed') || 'weekly' || week), 1, 20),
       '{"name":"weekly","period":"weekly","shares":{"inbound":0.1,"outbound":0.05},"strata":["direction","manager_id"],"minimum_per_agent":1,"minimum_talk_s":0,"seed":""}',
       'weekly', week, week + 6, 'qc', sha256('weekly' || week),
       to_json(list([call_id, strftime(started_at, '%Y-%m-%dT%H:%M:%S+00:00'),
                     'direction=' || direction || ';manager_id=' || agent(agent), agent(agent)])),
       timezone('UTC', week + interval 6 day + interval 21 hour), '0'
from framed group by week order by week;

insert into audit (happened_at, actor, action, object, detail)
select ruled_at, ruled_by, 'flag_' || ruling, flag_id, '{}' from findings order by 1;

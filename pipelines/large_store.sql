-- The invented company of pipelines/make_large_store.py: one statement a table, in the order they need each other.
-- Variables set before: calls, agents, judges, clients, as_of. Every line of chance is a function of a number, so that
-- the same version of DuckDB writes the same rows each time.

-- A number in 0..1 that depends on nothing but its arguments.
create temp macro chance(i, salt) as (hash(i, salt) % 1000003) / 1000003.0;
create temp macro pick(i, salt, n) as cast(hash(i, salt) % cast(n as ubigint) as bigint);
create temp macro phone(k) as '+79000' || lpad(cast(k as varchar), 6, '0');
create temp macro agent(k) as 'm' || (1 + k);
create temp macro judge(i, salt, role) as role || (1 + pick(i, salt, getvariable('judges')));
-- 520 working days from Monday 4 November 2024 to Friday 30 October 2026.
create temp macro workday(d) as date '2024-11-04' + cast(d // 5 * 7 + d % 5 as integer);
-- Ids as telephone systems give them: they say nothing about time.
create temp macro call_name(i) as lower(substr(md5('call' || i), 1, 16));
create temp macro first_name(k) as list_value(
    'Анна', 'Борис', 'Вера', 'Глеб', 'Дарья', 'Егор', 'Жанна', 'Захар', 'Ирина', 'Кирилл', 'Лариса', 'Максим',
    'Нина', 'Олег', 'Полина', 'Роман', 'Софья', 'Тимур', 'Ульяна', 'Фёдор')[1 + k % 20];
create temp macro surname(k) as list_value(
    'Пример', 'Образец', 'Проба', 'Модель', 'Макет', 'Эскиз', 'Чертёж', 'Набросок', 'Этюд', 'Лекало')[1 + k % 10];

-- Everything that is said, at every place of a call.
create temp table pool as
with said as (
    select position, line, 2.0 + position * 5 as start_s, 5.5 + position * 5 as end_s, text
    from range(12) as places(position), (
        select unnest(range(20)) as line, unnest([
            'Добрый день, компания «Пример», слушаю вас.',
            'Здравствуйте, я оставляла заявку на окна.',
            'Подскажите, пожалуйста, размеры проёма.',
            'Сто сорок на сто тридцать, их два.',
            'Хорошо, я посчитаю и перезвоню вам.',
            'А сколько это будет примерно стоить?',
            'Около сорока тысяч вместе с установкой.',
            'Дороговато, мне надо подумать.',
            'Давайте я пришлю расчёт на почту.',
            'Перезвоните мне в четверг после обеда.',
            'Договорились, в четверг наберу.',
            'Замерщик может приехать в субботу.',
            'Мы уже заказали в другом месте.',
            'Сейчас не могу говорить, я за рулём.',
            'Абонент не отвечает, оставьте сообщение после сигнала.',
            'Какая рассрочка у вас есть?',
            'На полгода без переплаты.',
            'Спасибо, до свидания.',
            'Всего доброго, хорошего дня.',
            'Нужна ещё входная дверь, можно вместе?'
        ]) as text
    )
)
select *, to_json(list_transform(string_split(text, ' '), lambda word, place:
    [to_json(round(start_s + (place - 1) * 0.35, 2)), to_json(round(start_s + place * 0.35 - 0.05, 2)),
     to_json(' ' || word), to_json(0.9)])) as words
from said;

-- What several tables must agree on about each call.
create temp table seed as
with numbered as (
    select range as i, getvariable('calls') as n, getvariable('clients') as c from range(getvariable('calls'))
),
placed as (
    select i, call_name(i) as call_id, workday(i * 520 // n) as day,
           -- 9:00 to 19:00 in Moscow
           workday(i * 520 // n) + to_seconds(6 * 3600 + cast((i * 520 % n) * 36000 / n as bigint)) as at_utc,
           -- A client calls within three weeks or so; at both ends of the two years the numbers turn back.
           cast(floor(c * (1 - abs(1 - abs(i / n + (chance(i, 1) - 0.5) * 0.06)) - 1e-9)) as bigint) as client,
           chance(i, 2) as direction_chance, chance(i, 3) as outcome_chance, chance(i, 4) as length_chance
    from numbered
)
select i, call_id, day, timezone('UTC', at_utc) as started_at, client,
       case when direction_chance < 0.03 then 'internal' when direction_chance < 0.45 then 'inbound'
            else 'outbound' end as direction,
       -- A client has an agent; every fifth call is with somebody else.
       agent(pick(case when chance(i, 5) < 0.8 then client else i end, 6, getvariable('agents'))) as manager_id,
       case when outcome_chance < 0.8334 then 'answered' when outcome_chance < 0.94 then 'missed'
            when outcome_chance < 0.98 then 'busy' else 'failed' end as outcome,
       case when outcome_chance < 0.8334 then round(4 + 600 * length_chance ** 4 + 60 * chance(i, 7), 1)
            else 0 end as talk_s,
       chance(i, 8) < 0.01 as hidden, chance(i, 9) as flag_chance, chance(i, 10) as refusal_chance,
       chance(i, 11) as promise_chance
from placed order by i;

insert into managers (manager_id, name, role, extension, group_id, hired_at, left_at, attributes)
select agent(range), first_name(range) || ' ' || surname(range // 20) || '-' || (1 + range),
       'manager', cast(100 + range as varchar), 'g' || (1 + range // 20), null, null, '{}'
from range(getvariable('agents'))
union all
select 'h' || (1 + range), first_name(19 - range % 20) || ' Главный-' || (1 + range), 'head', null,
       'g' || (1 + range), null, null, '{}' from range(getvariable('judges'))
union all
select 'q' || (1 + range), first_name(19 - range % 20) || ' Слушатель-' || (1 + range), 'qc', null,
       null, null, null, '{}' from range(getvariable('judges'));

insert into calls (call_id, started_at, direction, manager_id, client_phone, talk_s, outcome, wait_s,
    recording_name, source, medium, campaign, keyword, answered_by_role, group_id, language, attributes,
    imported_at)
select call_id, started_at, direction, manager_id,
       case when not hidden and direction <> 'internal' then phone(client) end, talk_s, outcome,
       round(3 + 25 * chance(i, 12), 1), case when outcome = 'answered' then call_id || '.mp3' end,
       ['google', 'yandex', 'site', null][1 + pick(client, 13, 4)],
       ['cpc', 'organic', null][1 + pick(client, 14, 3)], null, null, null, null, 'ru', '{}',
       started_at + interval 1 day
from seed order by i;

insert into recordings (call_id, state, content_hash, path, size_bytes, container, codec, rate_hz, channels,
    duration_s, agent_channel, detail)
with named as (
    select *, sha256(call_id) as content_hash,
           case when outcome <> 'answered' then 'absent' when chance(i, 15) < 0.01 then 'missing'
                when chance(i, 15) < 0.015 then 'truncated' else 'ready' end as state
    from seed
)
select call_id, state, case when state in ('ready', 'truncated') then content_hash end,
       case when state in ('ready', 'truncated')
            then 'media/' || content_hash[1:2] || '/' || content_hash || '.mp3' end,
       cast(talk_s * 4000 as bigint), 'mp3', 'mp3', 8000, 2, talk_s, 0, null
from named order by i;

insert into deals (deal_id, client_phones, manager_id, stage, status, stage_since, lost_reason, amount, currency,
    created_at, closed_at, source, client_name, attributes)
with born as (
    select range as k, workday(cast(greatest(0, (k / getvariable('clients') - 0.03) * 520) as bigint)) as day,
           chance(k, 20) as fate, chance(k, 21) as size from range(getvariable('clients'))
    where chance(k, 22) < 0.8
)
select 'deal-' || k,
       to_json(case when k % 20 = 7 then [phone(k), phone(k + 1)] else [phone(k)] end),
       agent(pick(k, 6, getvariable('agents'))),
       case when fate < 0.25 then 'Договор' when fate < 0.7 then 'Коммуникация'
            when fate < 0.85 then 'Думают' else 'КП отправлено' end,
       case when fate < 0.25 then 'won' when fate < 0.7 then 'lost' else 'open' end,
       timezone('UTC', day + interval 12 day + interval 9 hour),
       case when fate between 0.25 and 0.7 then ['Дорого', 'Не выходит на связь', 'Купил у других'][1 + k % 3]
            end, cast(round(20000 + 200000 * size, 2) as decimal(18, 2)), 'RUB',
       timezone('UTC', day + interval 8 hour),
       case when fate < 0.7 then timezone('UTC', day + interval 12 day + interval 9 hour) end, null,
       case when k % 3 > 0 then first_name(pick(k, 23, 20)) || ' ' || surname(pick(k, 24, 10)) end, '{}'
from born order by k;

insert into stage_changes (deal_id, changed_at, from_stage, to_stage, changed_by)
select deal_id, created_at, null, 'Новая', manager_id from deals
union all select deal_id, stage_since, 'Новая', stage, manager_id from deals order by 2;

insert into activities (activity_id, manager_id, type, created_at, deal_id, client_phone, subject, due_at, done_at,
    result, attributes)
select 'act-' || i || '-' || j, manager_id, ['call', 'task', 'meeting', 'proposal'][1 + pick(i, 30 + j, 4)],
       started_at + to_minutes(10 + j), case when chance(client, 22) < 0.8 then 'deal-' || client end,
       phone(client), ['Перезвонить', 'Отправить расчёт', 'Замер', 'Уточнить решение'][1 + pick(i, 32 + j, 4)],
       started_at + to_days(cast(1 + pick(i, 34 + j, 7) as integer)),
       case when chance(i, 36 + j) < 0.8 then started_at + to_days(cast(1 + pick(i, 34 + j, 7) as integer)) end,
       case when chance(i, 38 + j) < 0.5 then 'Обсудили' end, '{}'
from seed, range(2) as twice(j) order by i, j;

insert into activity_changes (activity_id, changed_at, field, old_value, new_value, changed_by)
select activity_id, created_at + interval 3 day, 'due_at',
       strftime(due_at, '%Y-%m-%dT%H:%M:%S+00:00'), strftime(due_at + interval 5 day, '%Y-%m-%dT%H:%M:%S+00:00'),
       manager_id
from activities where chance(activity_id, 40) < 0.1 order by created_at;

insert into notes (note_id, created_at, text, deal_id, client_phone, author_id, pinned)
select 'note-' || i, started_at + interval 15 minute, 'Обсудили, клиент думает',
       case when chance(client, 22) < 0.8 then 'deal-' || client end, phone(client), manager_id, false
from seed where chance(i, 41) < 0.3 order by i;

insert into sales (sale_id, sold_at, amount, client_phone, client_name, manager_id)
select 'sale-' || deal_id, closed_at, amount, client_phones->>'$[0]', client_name, manager_id
from deals where status = 'won' order by closed_at;

insert into transcripts (call_id, content_hash, fingerprint, language, engine, model, settings, created_at)
select call_id, sha256(call_id), 'large-1', 'ru', 'faster-whisper', 'small', '{"beam_size":"5"}',
       started_at + interval 1 day
from seed where outcome = 'answered' order by i;

insert into turns (call_id, position, party, channel, start_s, end_s, text, confidence, suspicion, words)
select call_id, pool.position, case when pool.position % 2 = 0 then 'agent' else 'customer' end,
       pool.position % 2, pool.start_s, pool.end_s, pool.text, 0.9,
       case when pool.line = 13 and pool.position = 7 then 'low_probability' end, pool.words
from (select seed.*, unnest(range(12)) as position from seed where outcome = 'answered') spoken
join pool on pool.position = spoken.position and pool.line = pick(spoken.i * 12 + spoken.position, 42, 20)
order by spoken.i, pool.position;

insert into acoustics (content_hash, fingerprint, duration_s, channels, sounds, peaks)
select sha256(call_id), 'acoustics-4', talk_s, 2,
       '[{"channel":1,"end_s":1.2,"features":{},"frequency_hz":425.0,"kind":"ringback","score":0.9,"start_s":0.2}]',
       to_json([list_transform(range(200), lambda x: (x * 7 + pick(i, 43, 50)) % 100),
                list_transform(range(200), lambda x: (x * 3 + pick(i, 44, 50)) % 100)])
from seed where outcome = 'answered' order by i;

insert into conversations (call_id, fingerprint, answered_by, message_left, conversation_s, agent_speech_s,
    customer_speech_s, verified_effective)
select call_id, 'large-1', case when flag_chance < 0.008 then 'voicemail' else 'human' end, false,
       case when flag_chance < 0.01 then 0 else talk_s * 0.8 end, talk_s * 0.4, talk_s * 0.4,
       case when flag_chance < 0.008 then false when flag_chance < 0.02 then null else talk_s * 0.8 >= 10 end
from seed where outcome = 'answered' order by i;

insert into flags (flag_id, call_id, kind, verdict, score, evidence, reasons, detector, version, created_at,
    retired_at)
with suspected as (
    select i, call_id, started_at, 'fake_effective' as kind,
           case when flag_chance < 0.008 then 'flag' else 'unsure' end as verdict,
           round(0.5 + 0.5 * chance(i, 50), 3) as score, 'voicemail' as reason, 'voicemail_greeting' as evidence,
           'Абонент не отвечает, оставьте сообщение после сигнала' as quote
    from seed where outcome = 'answered' and flag_chance < 0.01
    union all
    select i, call_id, started_at, 'false_refusal', 'flag', round(0.5 + 0.5 * chance(i, 51), 3),
           'deal_lost_without_refusal', 'client_postponed', 'Сейчас не могу говорить, я за рулём'
    from seed where outcome = 'answered' and refusal_chance < 0.003
)
select substr(sha256(kind || version || call_id), 1, 16), call_id, kind, verdict, score,
       '[{"channel":1,"end_s":6.0,"kind":"' || evidence || '","quote":"' || quote
       || '","side":"against","start_s":2.0}]',
       '["' || reason || '"]', 'large', version, started_at + interval 1 day,
       case when version = '1' then started_at + interval 30 day end
from suspected, (select unnest(['1', '2']) as version) versions
where version = '2' or i % 5 = 0
order by i, version;

insert into findings (finding_id, flag_id, ruling, ruled_by, ruled_at, reason, supersedes)
with ruled as (
    select flag_id, created_at, chance(flag_id, 52) as fate, judge(flag_id, 53, 'h') as who
    from flags where retired_at is null and verdict = 'flag'
      and chance(flag_id, 54) < case when created_at < getvariable('as_of') - interval 45 day then 0.9 else 0.3 end
),
pressed as (
    select *, 1 as step, case when fate < 0.1 then 'asked' when fate < 0.7 then 'confirmed' else 'rejected' end
           as ruling from ruled
    union all select *, 2, case when fate < 0.02 then 'withdrawn' else 'confirmed' end from ruled where fate < 0.06
)
select substr(sha256(flag_id || step), 1, 32), flag_id, ruling, who, created_at + to_days(step),
       case when ruling = 'rejected' then 'Слышен живой разговор' else '' end,
       case when step = 2 then substr(sha256(flag_id || 1), 1, 32) end
from pressed order by created_at, flag_id, step;

insert into commitments (commitment_id, call_id, promised_by, action, quote, start_s, end_s, due_from, due_to,
    time_from, time_to, date_phrase, rule, outcome, activity_id, kept_by_call_id, moves, reasons, as_of)
with promised as (
    select *, day + cast(1 + pick(i, 60, 9) as integer) as due, chance(i, 61) as fate
    from seed where outcome = 'answered' and promise_chance < 0.06 and direction <> 'internal'
),
ended as (
    select *, case when due >= cast(getvariable('as_of') as date) then 'scheduled' when fate < 0.45 then 'kept'
              when fate < 0.6 then 'kept_unlogged' when fate < 0.75 then 'missing' when fate < 0.85 then 'overdue'
              when fate < 0.93 then 'dragged' else 'scheduled_late' end as became
    from promised
)
select 'cm_' || substr(sha256(call_id), 1, 16), call_id, ['agent', 'customer', 'both'][1 + pick(i, 62, 3)],
       ['callback', 'callback', 'send_offer', 'visit', 'pay'][1 + pick(i, 63, 5)],
       'Перезвоните мне в четверг после обеда', 47, 50.5, due, due, null, null, 'в четверг', 'ru_large', became,
       case when became in ('kept', 'overdue', 'dragged', 'scheduled_late') then 'act-' || i || '-0' end, null,
       case when became = 'dragged' then 1 else 0 end,
       case when became = 'missing' then '["no_task","no_call"]' else '["task_found"]' end, getvariable('as_of')
from ended order by i;

insert into refusals (call_id, client_said, deal_id, deal_status, false_refusal, quote, start_s, end_s)
select call_id, case when refusal_chance < 0.003 then 'postponed' when refusal_chance < 0.02 then 'explicit'
                     when refusal_chance < 0.15 then 'postponed' else 'none' end,
       'deal-' || client, case when refusal_chance < 0.02 then 'lost' else 'open' end, refusal_chance < 0.003,
       case when refusal_chance < 0.15 then 'Сейчас не могу говорить, я за рулём' end, 3.0, 8.0
from seed where outcome = 'answered' order by i;

insert into violations (violation_id, kind, manager_id, happened_at, call_id, deal_id, activity_id, detail)
select 'v-' || i, ['no_task', 'overdue_task', 'no_note', 'no_result', 'call_not_logged'][1 + pick(i, 70, 5)],
       manager_id, started_at + interval 1 day, call_id, 'deal-' || client, null, ''
from seed where chance(i, 71) < 0.05 order by i;

insert into detected (call_id, fingerprint, spoken, said)
select call_id, 'large-1', '[]',
       '{"has_client":true,"said":{"doubt":null,"end_s":null,"quote":null,"said":"none","start_s":null}}'
from seed where outcome = 'answered' order by i;

insert into sample (draw_id, call_id, plan, period, stratum, queue, inclusion_probability, drawn_at, status,
    assigned_to, replaces, reason)
with plans(plan, share) as (values ('daily', 0.3), ('weekly', 0.07)),
drawn as (
    select seed.*, plan, share, chance(i, 'fate' || plan) as fate,
           case when plan = 'daily' then strftime(day, '%Y-%m-%d') else strftime(day, '%G-W%V') end as period,
           timezone('UTC', case when plan = 'daily' then day else date_trunc('week', day) + interval 6 day end
                    + interval 21 hour) as drawn_at
    from seed, plans
    where direction <> 'internal' and outcome = 'answered' and chance(i, plan) < share
)
select substr(sha256(plan || period), 1, 20), call_id, plan, period,
       'direction=' || direction || ';manager_id=' || manager_id, 'random', share, drawn_at,
       case when drawn_at > getvariable('as_of') - interval 14 day and fate < 0.6 then 'waiting'
            when fate < 0.02 then 'waiting' when fate < 0.022 then 'in_progress' when fate < 0.05 then 'replaced'
            else 'done' end,
       judge(i, 80, 'q'), null, case when fate between 0.022 and 0.05 then 'silent' end
from drawn order by drawn_at, plan, i;

insert into sample (draw_id, call_id, plan, period, stratum, queue, inclusion_probability, drawn_at, status,
    assigned_to, replaces, reason)
select 'targeted', f.call_id, 'targeted', strftime(s.day, '%Y-%m-%d'),
       'kind=' || min_by(f.kind, f.flag_id) || ';verdict=' || min_by(f.verdict, f.flag_id), 'targeted', 1.0,
       max(f.created_at), case when max(f.created_at) < getvariable('as_of') - interval 30 day
                               and chance(f.call_id, 81) < 0.9 then 'done' else 'waiting' end,
       judge(f.call_id, 82, 'q'), null, null
from flags f join seed s using (call_id) where retired_at is null group by f.call_id, s.day order by 8, 2;

insert into draws (draw_id, plan, plan_name, period_from, period_to, seed, frame_hash, frame, drawn_at,
    program_version)
with plans(plan, share) as (values ('daily', 0.3), ('weekly', 0.07)),
framed as (
    select plan, share, case when plan = 'daily' then day else cast(date_trunc('week', day) as date) end as first_day,
           case when plan = 'daily' then strftime(day, '%Y-%m-%d') else strftime(day, '%G-W%V') end as period,
           list([call_id, strftime(started_at, '%Y-%m-%dT%H:%M:%S+00:00'),
                 'direction=' || direction || ';manager_id=' || manager_id, manager_id]) as frame
    from seed, plans where direction <> 'internal' and outcome = 'answered' group by all
)
select substr(sha256(plan || period), 1, 20),
       '{"name":"' || plan || '","period":"' || plan || '","shares":{"inbound":' || share || ',"outbound":' || share
       || '},"strata":["direction","manager_id"],"minimum_per_agent":1,"minimum_talk_s":0,"seed":""}',
       plan, first_day, case when plan = 'daily' then first_day else first_day + 6 end, 'qc',
       sha256(plan || period), to_json(frame),
       timezone('UTC', (case when plan = 'daily' then first_day else first_day + 6 end) + interval 21 hour), '0'
from framed order by first_day, plan;

insert into audit (happened_at, actor, action, object, detail)
select drawn_at + interval 1 day, assigned_to, 'call_listened', call_id, '{}' from sample where status = 'done'
union all select ruled_at, ruled_by, 'flag_' || ruling, flag_id, '{}' from findings order by 1;

-- Scores of the random sample's calls since the second quarter of 2026, on the one form that the maker gives in
-- variables (large_store_form): all that was marked as listened to by the daily plan.
create temp table scored as
with heard as (
    select s.call_id, s.assigned_to, s.drawn_at, c.manager_id, row_number() over (order by s.drawn_at, s.call_id) as k
    from sample s join calls c using (call_id)
    where s.plan = 'daily' and s.status = 'done' and s.drawn_at >= timestamptz '2026-04-01 00:00:00+00'
)
select *, 'e' || k as evaluation_id, drawn_at + interval 1 day + interval 1 second * pick(k, 'at', 30000) as sent_at,
       list_transform(getvariable('questions'), lambda code, place:
           chance(k, 'answer' || place) < 0.97 - 0.05 * place - 0.12 * chance(manager_id, 'skill')
           or (code = getvariable('critical') and chance(k, 'fail') > 0.03)) as answers
from heard;

insert into form_versions (form_code, version, state, content, content_hash, changed_by, changed_at, published_by,
    published_at)
select getvariable('form_code'), 1, 'published', getvariable('form_content'), getvariable('form_hash'), 'q1',
       timestamptz '2026-03-01 09:00:00+00', 'q1', timestamptz '2026-03-01 09:00:00+00';

insert into evaluations (evaluation_id, call_id, form_code, version, reviewer, state, begun_at, spent_s, submitted_at,
    score, band, failed, purpose)
with summed as (
    select *, list_sum(list_transform(answers, lambda yes, place:
                  case when yes then getvariable('points')[place] else 0 end)) as points,
           not answers[list_position(getvariable('questions'), getvariable('critical'))] as failed
    from scored
)
select evaluation_id, call_id, getvariable('form_code'), 1, assigned_to, 'submitted', sent_at - interval 6 minute,
       300, sent_at, case when failed then 0 else points end,
       case when failed or points < 60 then 'low' when points < 85 then 'middle' else 'high' end, failed, 'score'
from summed order by sent_at;

insert into evaluation_answers (evaluation_id, place, question, is_cleared, given, cause, comment, saved_by, saved_at)
select evaluation_id, place, getvariable('questions')[place], false,
       case when answers[place] then '["yes"]' else '["no"]' end, null, '', assigned_to, sent_at
from scored, range(1, len(getvariable('questions')) + 1) as places(place) order by sent_at, evaluation_id, place;

-- Some scores were disputed and the answer changed.
insert into dispute_moves (evaluation_id, question, step, call_id, move, reply, reason, made_by, made_at)
select evaluation_id, getvariable('questions')[4], step, call_id, case step when 1 then 'dispute' else 'rule' end,
       '{"values": ["yes"], "cause": null, "comment": ""}', 'слышно на 12-й секунде', 'q1',
       sent_at + interval 1 day * step
from scored, range(1, 3) as steps(step) where k % 40 = 0 and not answers[4];

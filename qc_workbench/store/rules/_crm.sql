-- What every rule reads: the CRM and the telephone system as they stood at a moment. What was made after it does not
-- exist yet, what was done after it is not done yet, and what is kept of erased persons is not judged.
-- Each statement makes one table of the reading that goes with it. Made before, from the settings: the functions
-- as_of(), zone(), day_starts(), day_ends(), note_within_hours(), callback_within_minutes(), open_deals_at_most(),
-- dragged_days_at_most(), and the tables `reviewed` (deal_id), `stage_limits` (stage, days), `working` (day, works_on:
-- the working day on or after it).
-- A control is the evening of a working day: days.control_at of the day itself or of the next working one.

create or replace temp table days as
select w.day, w.works_on, n.works_on as next_works_on, timezone(zone(), w.works_on + day_ends()) as control_at,
       timezone(zone(), n.works_on + day_ends()) as next_control_at
from working w join working n on n.day = w.day + 1;

create or replace temp table known_deals as
select d.*, d.status = 'open' or coalesce(d.closed_at > as_of(), false) as is_open
from deals d
where coalesce(d.created_at <= as_of(), true) and d.deal_id not in (select id from erased where kind = 'deal');

create or replace temp table deal_phones as
select * from (
    select deal_id, manager_id, created_at, unnest(from_json(client_phones, '["VARCHAR"]')) as phone from known_deals
) where phone is not null;

create or replace temp table client_phones as select distinct phone from deal_phones;

create or replace temp table tasks as
select a.activity_id, a.manager_id, a.type, a.created_at, a.deal_id, a.client_phone, a.due_at, a.done_at,
       a.result <> '' as has_words, trim(coalesce(a.result, '')) = '' as no_result,
       coalesce(a.done_at <= as_of(), false) as is_done
from activities a where a.created_at <= as_of();

create or replace temp table deal_tasks as
select deal_id, is_done, done_at from tasks where deal_id is not null
union all by name
select p.deal_id, t.is_done, t.done_at from tasks t join deal_phones p on p.phone = t.client_phone
where t.deal_id is null;

create or replace temp table known_notes as
select n.deal_id, n.client_phone, n.created_at, n.author_id, n.pinned from notes n where n.created_at <= as_of();

-- `control_at`: the first control after the end of the call. `was_talk`: null where nobody examined it.
create or replace temp table known_calls as
with ended as (
    select c.call_id, c.started_at, c.direction, c.outcome, c.manager_id, c.client_phone,
           c.started_at - interval 15 minute as traces_from,
           make_timestamptz(epoch_us(c.started_at) + (1e6 * (coalesce(c.wait_s, 0) + c.talk_s))::bigint) as ended_at,
           timezone(zone(), ended_at) as local_end, v.verified_effective as was_talk
    from calls c left join conversations v using (call_id)
    where c.started_at <= as_of() and c.client_phone is not null
      and c.call_id not in (select id from erased where kind = 'call')
)
select ended.*, local_end::date as day, if(days.control_at >= ended_at, days.control_at, next_control_at) as control_at
from ended join days on days.day = local_end::date;

create or replace temp table moves as
with moved as (
    -- A time without an offset is in the company's zone.
    select activity_id, changed_at, changed_by, unnest([old_value, new_value]) as written, unnest([1, 2]) as side,
           if(regexp_matches(written, ':\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)$'), try_cast(written as timestamptz),
              timezone(zone(), try_cast(written as timestamp))) as moment
    from activity_changes
    where field in ('due_at', 'due_date', 'deadline') and changed_at <= as_of() and old_value <> new_value
),
pairs as (
    select activity_id, changed_at, any_value(changed_by) as changed_by,
           max(timezone(zone(), moment)::date) filter (side = 1) as old_day,
           max(timezone(zone(), moment)::date) filter (side = 2) as new_day
    from moved group by activity_id, changed_at
)
select p.*, t.manager_id, t.deal_id from pairs p join tasks t using (activity_id) where new_day > old_day;

-- Every moment at which somebody left something in the CRM about a number.
create or replace temp table traces as
select client_phone as phone, created_at as left_at from tasks where client_phone is not null
union all select client_phone, done_at from tasks where client_phone is not null and done_at is not null
union all select phone, t.created_at from tasks t join deal_phones using (deal_id)
union all select phone, t.done_at from tasks t join deal_phones using (deal_id) where t.done_at is not null
union all select client_phone, created_at from known_notes where client_phone is not null
union all select phone, n.created_at from known_notes n join deal_phones using (deal_id);

-- Of these, where words were left: a written result of an activity says as much as a note.
create or replace temp table words as
select n.client_phone as phone, n.created_at as said_at from known_notes n where n.client_phone is not null
union all select p.phone, n.created_at from known_notes n join deal_phones p using (deal_id)
union all select t.client_phone, t.done_at from tasks t
          where t.client_phone is not null and t.done_at is not null and t.has_words
union all select p.phone, t.done_at from tasks t join deal_phones p using (deal_id)
          where t.done_at is not null and t.has_words;

create or replace temp table recalled_refusals as
select deal_id from (
    select r.* from recalls r
    where r.result <> 'withdrawn' and not exists (
        select 1 from recalls w
        where w.result = 'withdrawn' and w.deal_id = r.deal_id and w.supersedes = r.recall_id
          and (w.called_at, w.recall_id) > (r.called_at, r.recall_id))
    qualify row_number() over (partition by r.deal_id order by r.called_at desc, r.recall_id desc) = 1
) where result = 'refused'

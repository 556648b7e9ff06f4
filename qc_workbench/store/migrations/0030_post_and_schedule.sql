-- Mail that leaves. A mail has begun_at while it is being handed over: a row that has it and nobody at it was cut off,
-- and whether it arrived is unknown. What was attached is let go once it is sent or given up; name and digest stay.
create table outbox (
    mail_id varchar primary key, about varchar not null, recipient varchar not null, subject varchar not null,
    text varchar not null, html varchar not null, attachments json not null, sha256 varchar not null,
    queued_at timestamptz not null, next_try_at timestamptz, begun_at timestamptz, attempts integer not null,
    unknown_outcomes integer not null, last_error varchar, sent_at timestamptz, gave_up_at timestamptz
);
-- What runs by itself: a row an attempt. asked_by: who pressed "run now"; null: its time had come.
create table schedule_runs (
    job varchar not null, due_at timestamptz not null, attempt integer not null, asked_by varchar,
    runner varchar not null, started_at timestamptz not null, finished_at timestamptz, outcome varchar not null,
    error_code varchar, error_params json, try_again_at timestamptz, report json,
    primary key (job, due_at, attempt)
);
-- Up to when a job's due moments have been looked at: later ones are still to come.
create table schedule_seen (job varchar primary key, seen_until timestamptz not null);
-- Who paused a job or let it run again; the last row counts.
create table schedule_moves (
    job varchar not null, is_paused boolean not null, made_by varchar not null, made_at timestamptz not null
);
-- Runs that somebody asked for and nobody has begun.
create table schedule_asked (job varchar primary key, asked_by varchar not null, asked_at timestamptz not null);

-- Connected telephone systems: how far each is read, what they said of a call, recordings still to be fetched.

-- How far a source is known without a gap (`done_until`), and where in its file the next line is (`position`).
create table source_state (
    source varchar primary key, kind varchar not null, done_until timestamptz, position json not null,
    updated_at timestamptz not null
);
-- Every sync that ended: what it read, what came of it. Numbers and codes only.
create table source_runs (
    run_id varchar primary key, source varchar not null, began_at timestamptz not null, ended_at timestamptz not null,
    since timestamptz, until timestamptz, counts json not null, skew_s double not null, error_code varchar
);
-- What the workbench's own call has no place for, and the vendor's rows: joined with those that come later, and read
-- again when their meaning changes. `digest` is equal for the same rows and the same reading.
create table source_calls (
    call_id varchar primary key, source varchar not null, digest varchar not null, rows json not null,
    rung varchar, answered_at timestamptz, ended_at timestamptz, total_s double not null, first_time boolean,
    tracking json not null, crm_refs json not null, fetched_at timestamptz not null
);
-- Attempts to reach agents, in their order. No key: DuckDB can't delete and insert one key in one transaction.
create table call_legs (
    call_id varchar not null, place integer not null, manager_id varchar not null, agent varchar, started_at timestamptz
    not null, wait_s double, talk_s double not null, ending varchar not null, is_transfer boolean not null
);
-- `place` is an address or a file, `key` what a fresh address is asked by. Addresses may open the sound to whoever has
-- them: they are never shown.
create table recording_queue (
    call_id varchar primary key, source varchar not null, place varchar not null, key varchar not null,
    expires_at timestamptz, state varchar not null, attempts integer not null, next_at timestamptz not null,
    error_code varchar, updated_at timestamptz not null
);

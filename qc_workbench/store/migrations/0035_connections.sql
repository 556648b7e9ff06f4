-- Connected systems as people steer them. Who paused a source or let it go on; the last row counts.
create table source_moves (
    source varchar not null, is_paused boolean not null, made_by varchar not null, made_at timestamptz not null
);
-- How many rows of a sync could not be read, by reason. What stood in them is in rejects.csv alone.
create table source_rejects (
    run_id varchar not null, source varchar not null, code varchar not null, field varchar, amount integer not null
);
-- What an error's text is filled in with.
alter table source_runs add column error_params json;
-- What the error of a recording is about: the host that a link leads to. Never the link.
alter table recording_queue add column error_detail varchar;

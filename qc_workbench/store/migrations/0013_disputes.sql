-- What agents said to their scores and what was ruled; the third move about a question can be made once.
create table dispute_moves (
    evaluation_id varchar not null, question varchar not null, step integer not null, call_id varchar not null,
    move varchar not null, reply json, reason varchar not null, made_by varchar not null, made_at timestamptz not null,
    primary key (evaluation_id, question, step)
);
-- Comments on a call (from_s null), a second of it (to_s null) or a range. Rows are only ever added.
create table comments (
    comment_id varchar primary key, call_id varchar not null, agent varchar not null, from_s double, to_s double,
    comment varchar not null, made_by varchar not null, made_at timestamptz not null, for_coaching boolean not null,
    question varchar, supersedes varchar
);
create table coaching_tasks (
    task_id varchar primary key, agent varchar not null, task varchar not null, comments json not null,
    calls json not null, question varchar, due date not null, given_by varchar not null, given_at timestamptz not null
);
create table coaching_steps (
    task_id varchar not null, step integer not null, state varchar not null, note varchar not null,
    made_by varchar not null, made_at timestamptz not null, primary key (task_id, step)
);
-- The library of examples; a retired one stays for the tasks that name it.
create table clips (
    clip_id varchar primary key, call_id varchar not null, from_s double not null, to_s double not null,
    kind varchar not null, title varchar not null, question varchar, kept_by varchar not null,
    kept_at timestamptz not null, retired_at timestamptz
);

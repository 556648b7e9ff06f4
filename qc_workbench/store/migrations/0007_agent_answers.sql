-- What agents answer to a question about a call. Rows are only ever added.
create table agent_answers (
    answer_id varchar primary key, call_id varchar not null, kind varchar not null, flag_id varchar not null,
    answer varchar not null, given_by varchar not null, given_at timestamptz not null
);

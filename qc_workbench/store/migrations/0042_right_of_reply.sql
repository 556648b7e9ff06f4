-- What agents answer to a question about breaches and promises: `batch` names the rulings "asked" that it is about
-- (violation_findings). Rows are only ever added.
create table fault_answers (
    answer_id varchar primary key, batch varchar not null, manager_id varchar not null, answer varchar not null,
    given_by varchar not null, given_at timestamptz not null
);

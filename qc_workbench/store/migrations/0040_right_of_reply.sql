-- What agents answer to a question about breaches and promises: `batch` names the rulings "asked" that it is about
-- (violation_findings). Rows are only ever added.
create table fault_answers (
    answer_id varchar primary key, batch varchar not null, manager_id varchar not null, answer varchar not null,
    given_by varchar not null, given_at timestamptz not null
);
-- Whether a client was told that the call is recorded (detection/consent.py); no words are kept, only seconds.
create table consent_lines (
    call_id varchar primary key, verdict varchar not null, reason varchar not null, start_s double, end_s double,
    rule varchar, within_s double not null, version varchar not null
);

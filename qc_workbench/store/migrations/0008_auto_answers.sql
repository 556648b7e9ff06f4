-- What people said to the machine's answers to questions of a form. Rows are only ever added; the last one stands.
create table answer_checks (
    call_id varchar not null, question varchar not null, version varchar not null, machine varchar not null,
    human varchar not null, checked_by varchar not null, checked_at timestamptz not null
);

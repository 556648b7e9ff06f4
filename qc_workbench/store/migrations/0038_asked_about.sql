-- What a run out of turn is about: the name of a source; '' for all that the job does. What was asked for and not begun
-- while the program was renewed is asked for again.
drop table schedule_asked;
create table schedule_asked (
    job varchar not null, about varchar not null, asked_by varchar not null, asked_at timestamptz not null,
    primary key (job, about)
);
alter table schedule_runs add column about varchar;

-- The ledger of work: one row a step and subject (content hash, call, plan and period); the fingerprint names
-- settings and version. `batch`: units recognised together. `token`: whoever claimed the row last may write its effect.
create table jobs (
    step varchar not null, subject varchar not null, fingerprint varchar not null, state varchar not null,
    batch varchar not null, place integer not null, priority integer not null, attempts integer not null,
    losses integer not null, not_before timestamptz, error_code varchar, error_params json not null, worker varchar,
    token varchar, lease_until timestamptz, cost_s double not null, created_at timestamptz not null,
    started_at timestamptz, finished_at timestamptz, duration_s double, primary key (step, subject)
);
-- Steps that take no new work; '*' is every step.
create table job_pauses (step varchar primary key, paused_at timestamptz not null, paused_by varchar not null);

-- What could not be heard is a failed job: the old list becomes rows of the ledger and stays readable as a view.
insert into jobs
select step, content_hash, '', 'failed', content_hash, 0, 0, 1, 0, null, first(code), first(params), null, null, null, 0,
       min(failed_at), null, max(failed_at), null
from failures where content_hash is not null group by step, content_hash;
drop table failures;
create view failures as
select j.step, r.call_id, r.content_hash, j.error_code as code, j.error_params as params, j.finished_at as failed_at
from jobs j join recordings r on r.content_hash = j.subject
where j.state in ('failed', 'poisoned') and j.step in ('measure', 'transcribe');

-- Rulings on breaches of order and broken promises (kind broken_promise, violation_id its commitment_id), with what was
-- ruled on: a later detection may judge otherwise. `batch`: rulings made with one key. Rows are only ever added.
create table violation_findings (
    finding_id varchar primary key, violation_id varchar not null, kind varchar not null, manager_id varchar not null,
    happened_at timestamptz not null, call_id varchar, deal_id varchar, activity_id varchar, ruling varchar not null,
    ruled_by varchar not null, ruled_at timestamptz not null, reason varchar not null, supersedes varchar,
    batch varchar not null
);
-- Disputes of what was confirmed: `fault_id` is a violation_id, or <kind>:<call_id> of a suspicion.
create table fault_moves (
    fault_id varchar not null, step integer not null, move varchar not null, reason varchar not null,
    made_by varchar not null, made_at timestamptz not null, primary key (fault_id, step)
);
-- Statements of the discipline bonus as they were approved; `frozen` is JSON that names no client.
create table bonus_approvals (
    approval_id varchar primary key, agent varchar not null, month date not null, revision integer not null,
    frozen varchar not null, sha256 varchar not null, approved_by varchar not null, approved_at timestamptz not null,
    is_undo boolean not null, supersedes varchar
);

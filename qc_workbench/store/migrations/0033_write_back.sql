-- What is to be written into a CRM and what became of it: a row a thing, its id made of what it is about, so that the
-- same is never planned twice. A row has begun_at while it is being sent: one that has it and nobody at it was cut off,
-- and whether the CRM has it is found out by the marker (the first digits of the id) before anything is sent again.
create table crm_writes (
    write_id varchar primary key, crm varchar not null, kind varchar not null, subject varchar not null,
    call_id varchar not null, manager_id varchar not null, client_phone varchar, deal_id varchar, fields json not null,
    at_s double, quote varchar, digest varchar not null, state varchar not null, planned_at timestamptz not null,
    state_at timestamptz not null, begun_at timestamptz, attempts integer not null, next_try_at timestamptz,
    crm_id varchar, link varchar, error_code varchar, error_params json not null
);
-- When the plan of a CRM was last brought up to date.
create table crm_write_plans (crm varchar primary key, planned_at timestamptz not null);
-- Who approved or declined what, and took it back; `digest`: the contents that they saw. Never changed.
create table crm_write_decisions (
    write_id varchar not null, digest varchar not null, verdict varchar not null, decided_by varchar not null,
    decided_at timestamptz not null
);

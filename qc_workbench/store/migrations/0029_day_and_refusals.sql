-- The daily page and refusal control.

-- The evening control of a working day, frozen: what stood open at that moment, whatever was closed a minute later.
-- data_until: when the last import before it ended; null where nothing was imported yet.
create table evening_controls (
    day date primary key, control_at timestamptz not null, taken_at timestamptz not null, data_until timestamptz
);
-- Of each control how much of what, by agent; the lists below may be shorter.
create table evening_counts (
    day date not null, kind varchar not null, manager_id varchar not null, found integer not null,
    primary key (day, kind, manager_id)
);
-- The longest waiting first. Ids only: what a task or a deal says stays where it can be erased.
create table evening_items (
    day date not null, kind varchar not null, place integer not null, manager_id varchar not null,
    since timestamptz not null, days double not null, moves integer not null, deal_id varchar, activity_id varchar,
    commitment_id varchar, call_id varchar, primary key (day, kind, place)
);

-- What the head of sales decided about lost deals. Rows are only ever added; a later one supersedes.
create table refusal_decisions (
    decision_id varchar primary key, deal_id varchar not null, verdict varchar not null, worked_by varchar,
    buy_from date, comment varchar not null, finding_id varchar, decided_by varchar not null,
    decided_at timestamptz not null, supersedes varchar
);

-- The facts that the outcome of a promise is told by; null in what was judged before.
alter table commitments add column story json;
-- What was found of each deal that the CRM calls lost, as of the last detection.
create table deal_findings (
    deal_id varchar primary key, finding varchar not null, reason varchar, call_id varchar, calls integer not null,
    certainty double not null
);
-- Clients of lost deals called back by quality control: what they say. Rows are only ever added.
create table recalls (
    recall_id varchar primary key, deal_id varchar not null, result varchar not null, comment varchar not null,
    buy_from date, called_by varchar not null, called_at timestamptz not null, supersedes varchar
);

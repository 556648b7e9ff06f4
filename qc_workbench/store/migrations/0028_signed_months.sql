-- Signed months and their revisions. A revision never changes; what came later is a new one.
create table signed_months (
    month date not null, revision integer not null, figures json not null, sha256 varchar not null,
    documents json not null, as_of timestamptz not null, program varchar not null,
    signed_by varchar not null, signed_at timestamptz not null, primary key (month, revision)
);
-- The undo of a signature: the revision stays to be read, and is signed no more.
create table month_withdrawals (
    month date not null, revision integer not null, withdrawn_by varchar not null,
    withdrawn_at timestamptz not null, primary key (month, revision)
);

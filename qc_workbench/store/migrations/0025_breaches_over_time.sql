-- Breaches over time: when each was first seen and when it stood no longer.
-- `seen_at`, `cleared_at` are moments that a check was made for (--as-of), not clock times of the run. A breach found
-- before these were kept has no seen_at. One that stands has no cleared_at; none is ever deleted.
alter table violations add column seen_at timestamptz;
alter table violations add column cleared_at timestamptz;
-- Times between, in which a breach did not stand.
create table violation_gaps (
    violation_id varchar not null, cleared_at timestamptz not null, returned_at timestamptz not null,
    primary key (violation_id, cleared_at)
);

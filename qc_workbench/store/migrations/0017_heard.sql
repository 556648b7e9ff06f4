-- Which seconds of a call somebody has heard, as disjoint ranges in order, and how long they were at work on it.
-- `last_report`: the token of the latest report, so that one sent again counts once without a row for each.
create table heard (
    call_id varchar not null, person_id varchar not null, ranges json not null, heard_s double not null,
    spent_s double not null, last_report varchar not null, updated_at timestamptz not null, primary key (call_id, person_id)
);

-- Which seconds of a call somebody has heard, as disjoint ranges in order, and how long they were at work on it.
create table heard (
    call_id varchar not null, person_id varchar not null, ranges json not null, heard_s double not null,
    spent_s double not null, updated_at timestamptz not null, primary key (call_id, person_id)
);

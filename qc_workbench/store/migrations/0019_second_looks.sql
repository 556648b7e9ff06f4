-- Scored calls that are silently served once more, to another reviewer or the same (`kind`). From `from_at` on one may be
-- served; `served_at` and `due` are null before. `begun_at`: opened; `dropped`: why it can't be judged, a code;
-- `evaluation_id`: the second look at it, once submitted. Never part of an agent's score or of a plan's progress.
create table second_looks (
    call_id varchar not null, reviewer varchar not null, kind varchar not null, first_reviewer varchar not null,
    period varchar not null, inclusion_probability double not null, from_at timestamptz not null, served_at timestamptz,
    due date, begun_at timestamptz, dropped varchar, evaluation_id varchar, primary key (call_id, reviewer)
);

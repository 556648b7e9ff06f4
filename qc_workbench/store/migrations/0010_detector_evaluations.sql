-- What `qcw evaluate` measured and with which versions; `truth_hash` tells which evaluations may be compared.
create table detector_evaluations (
    evaluation_id varchar primary key, evaluated_at timestamptz not null, program_version varchar not null,
    detectors json not null, truth_name varchar not null, truth_hash varchar not null, calls integer not null,
    absent integer not null, unheard integer not null, result json not null
);
-- The mistakes of an evaluation, apart from its figures: they hold words of calls, which retention and erasure remove.
create table detector_mistakes (
    evaluation_id varchar not null, position integer not null, task varchar not null, kind varchar not null,
    call_id varchar not null, scenario varchar not null, expected varchar not null, found varchar not null,
    at_s double, expected_text varchar not null, found_text varchar not null, matrix varchar not null,
    primary key (evaluation_id, position)
);

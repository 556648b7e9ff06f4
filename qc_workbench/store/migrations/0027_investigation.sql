-- Hypotheses, letters and verdicts. Rows are only ever added.
-- `content`: canonical JSON of all that is claimed, `content_hash` its sha256; nothing of it ever changes.
create table hypotheses (
    hypothesis_id varchar primary key, month date not null, metric varchar not null, content json not null,
    content_hash varchar not null, fixed_by varchar not null, fixed_at timestamptz not null, fixed_late boolean not null
);
create table hypothesis_withdrawals (
    hypothesis_id varchar primary key, because varchar not null, withdrawn_by varchar not null,
    withdrawn_at timestamptz not null
);
-- What a named person said of one bad case (a call, a promise, a task): `is_bad` null takes the word back; the last stands.
create table case_words (
    word_id varchar primary key, metric varchar not null, subject varchar not null, agent varchar not null,
    call_id varchar, is_bad boolean, said_by varchar not null, said_at timestamptz not null
);
-- `kind` 'examination': what letters stand on; 'verdict': of the whole month, with its verdict and repeat checks.
create table examinations (
    examination_id varchar primary key, hypothesis_id varchar not null, kind varchar not null,
    starts_at timestamptz not null, ends_at timestamptz not null, made_by varchar not null,
    made_at timestamptz not null, agents json not null, versions json not null, verdict json
);
create table letters (
    letter_id varchar primary key, month date not null, agent varchar not null, language varchar not null,
    hypothesis_ids json not null, examinations json not null, subject varchar not null, body varchar not null,
    sha256 varchar not null, prepared_by varchar not null, prepared_at timestamptz not null, supersedes varchar
);
create table letter_steps (
    letter_id varchar not null, step integer not null, kind varchar not null, made_by varchar not null,
    made_at timestamptz not null, body varchar not null, address varchar not null, mail_id varchar,
    primary key (letter_id, step)
);
create table measures (
    measure_id varchar primary key, month date not null, agent varchar not null, proposed varchar not null,
    because varchar not null, hypothesis_ids json not null, letter_id varchar, proposed_at timestamptz not null
);
create table measure_decisions (
    decision_id varchar primary key, measure_id varchar not null, decision varchar not null, kind varchar not null,
    reason varchar not null, decided_by varchar not null, decided_at timestamptz not null, supersedes varchar
);

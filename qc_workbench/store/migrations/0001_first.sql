create table applied_writes (key varchar primary key, applied_at timestamptz not null);

-- Outside world -------------------------------------------------------------
create table managers (
    manager_id varchar primary key, name varchar not null, role varchar not null, extension varchar,
    group_id varchar, hired_at timestamptz, left_at timestamptz, attributes json not null
);
create table calls (
    call_id varchar primary key, started_at timestamptz not null, direction varchar not null,
    manager_id varchar not null, client_phone varchar, talk_s double not null, outcome varchar not null,
    wait_s double, recording_name varchar, source varchar, medium varchar, campaign varchar, keyword varchar,
    answered_by_role varchar, group_id varchar, language varchar, attributes json not null,
    imported_at timestamptz not null
);
create table recordings (
    call_id varchar primary key, state varchar not null, content_hash varchar, path varchar, size_bytes bigint,
    container varchar, codec varchar, rate_hz integer, channels integer, duration_s double,
    agent_channel integer, detail varchar
);
create table deals (
    deal_id varchar primary key, client_phones json not null, manager_id varchar not null, stage varchar not null,
    status varchar not null, stage_since timestamptz, lost_reason varchar, amount decimal(18, 2), currency varchar,
    created_at timestamptz, closed_at timestamptz, source varchar, client_name varchar, attributes json not null
);
create table stage_changes (
    deal_id varchar not null, changed_at timestamptz not null, from_stage varchar, to_stage varchar,
    changed_by varchar, primary key (deal_id, changed_at)
);
create table activities (
    activity_id varchar primary key, manager_id varchar not null, type varchar not null,
    created_at timestamptz not null, deal_id varchar, client_phone varchar, subject varchar, due_at timestamptz,
    done_at timestamptz, result varchar, attributes json not null
);
create table activity_changes (
    activity_id varchar not null, changed_at timestamptz not null, field varchar not null, old_value varchar,
    new_value varchar, changed_by varchar, primary key (activity_id, changed_at, field)
);
create table notes (
    note_id varchar primary key, created_at timestamptz not null, text varchar not null, deal_id varchar,
    client_phone varchar, author_id varchar, pinned boolean not null
);
create table sales (
    sale_id varchar primary key, sold_at timestamptz not null, amount decimal(18, 2) not null,
    client_phone varchar, client_name varchar, manager_id varchar
);
create table imports (
    import_id varchar primary key, source varchar not null, folder varchar not null, fingerprint varchar not null,
    finished_at timestamptz not null, counts json not null, rejects json not null
);

-- Sampling ------------------------------------------------------------------
create table draws (
    draw_id varchar primary key, plan json not null, plan_name varchar not null, period_from date not null,
    period_to date not null, seed varchar not null, frame_hash varchar not null, frame json not null,
    drawn_at timestamptz not null, program_version varchar not null
);
create table sample (
    draw_id varchar not null, call_id varchar not null, plan varchar not null, period varchar not null,
    stratum varchar not null, queue varchar not null, inclusion_probability double not null,
    drawn_at timestamptz not null, status varchar not null, assigned_to varchar, replaces varchar,
    reason varchar, primary key (draw_id, call_id)
);

-- Listening -----------------------------------------------------------------
create table acoustics (
    content_hash varchar primary key, fingerprint varchar not null, duration_s double not null,
    channels integer not null, sounds json not null, peaks json not null
);
create table transcripts (
    call_id varchar primary key, content_hash varchar not null, fingerprint varchar not null, language varchar,
    engine varchar not null, model varchar not null, settings json not null, created_at timestamptz not null
);
create table turns (
    call_id varchar not null, position integer not null, party varchar not null, channel integer not null,
    start_s double not null, end_s double not null, text varchar not null, confidence double not null,
    suspicion varchar, words json not null, primary key (call_id, position)
);
create table failures (
    step varchar not null, call_id varchar not null, content_hash varchar, code varchar not null,
    params json not null, failed_at timestamptz not null, primary key (step, call_id)
);

-- Detection -----------------------------------------------------------------
create table conversations (
    call_id varchar primary key, fingerprint varchar not null, answered_by varchar not null,
    message_left boolean not null, conversation_s double not null, agent_speech_s double not null,
    customer_speech_s double not null, verified_effective boolean
);
create table flags (
    flag_id varchar primary key, call_id varchar not null, kind varchar not null, verdict varchar not null,
    score double not null, evidence json not null, reasons json not null, detector varchar not null,
    version varchar not null, created_at timestamptz not null, retired_at timestamptz
);
create table findings (
    finding_id varchar primary key, flag_id varchar not null, ruling varchar not null, ruled_by varchar not null,
    ruled_at timestamptz not null, reason varchar not null, supersedes varchar
);
create table commitments (
    commitment_id varchar primary key, call_id varchar not null, promised_by varchar not null, action varchar not null,
    quote varchar not null, start_s double not null, end_s double not null, due_from date not null,
    due_to date not null, time_from time, time_to time, date_phrase varchar, rule varchar not null,
    outcome varchar not null, activity_id varchar, kept_by_call_id varchar, moves integer not null,
    reasons json not null, as_of timestamptz not null
);
create table refusals (
    call_id varchar primary key, client_said varchar not null, deal_id varchar, deal_status varchar,
    false_refusal boolean not null, quote varchar, start_s double, end_s double
);
create table violations (
    violation_id varchar primary key, kind varchar not null, manager_id varchar not null,
    happened_at timestamptz not null, call_id varchar, deal_id varchar, activity_id varchar, detail varchar not null
);
create table detected (call_id varchar primary key, fingerprint varchar not null, spoken json not null, said json not null);

-- Who did what --------------------------------------------------------------
create table audit (
    happened_at timestamptz not null, actor varchar not null, action varchar not null, object varchar not null,
    detail json not null
);

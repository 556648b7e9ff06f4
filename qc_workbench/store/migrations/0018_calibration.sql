-- Draws of calls for calibration; `frame` holds [call id, its random number where the id is not the one drawn with].
create table calibration_draws (
    draw_id varchar primary key, seed varchar not null, frame json not null, frame_hash varchar not null,
    drawn_from date not null, drawn_to date not null, wanted integer not null, drawn_by varchar not null,
    drawn_at timestamptz not null
);
-- A call that several people score by themselves on one version of a form. What they answer are evaluations of purpose
-- 'calibration' of this call, form and version by these people, begun since.
create table calibration_sessions (
    session_id varchar primary key, call_id varchar not null, form_code varchar not null, version integer not null,
    participants json not null, led_by varchar not null, blindness varchar not null, due timestamptz not null,
    called_at timestamptz not null, draw_id varchar
);
-- Opened, agreed answers with a note, closed: rows are only added, and the third step can be made once.
create table calibration_steps (
    session_id varchar not null, step integer not null, kind varchar not null, question varchar, reply json,
    note varchar not null, made_by varchar not null, made_at timestamptz not null, primary key (session_id, step)
);

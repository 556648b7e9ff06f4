-- Texts that a draft of a form had before each change, so that every change can be taken back. Gone when it is published.
create table form_draft_steps (
    form_code varchar not null, version integer not null, place integer not null, content varchar not null,
    changed_by varchar not null, changed_at timestamptz not null, primary key (form_code, version, place)
);

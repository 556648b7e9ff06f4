-- Links of calendars. Rows are only added; the last one of a person counts. token_hash: SHA-256 of the secret in the
-- link, which is kept nowhere; null: the calendar was shut.
create table calendar_links (
    person_id varchar not null, made_at timestamptz not null, token_hash varchar, language varchar not null,
    made_by varchar not null, primary key (person_id, made_at)
);
-- Days on which a calendar was fetched with a link: the audit log says it once a day.
create table calendar_reads (token_hash varchar not null, read_on date not null, primary key (token_hash, read_on));
-- What a calendar program was told last of a promised callback. sequence rises when the time changes, or when the event
-- is cancelled or comes back; changed_at when anything of it does. digest: of the words that were shown.
create table calendar_events (
    person_id varchar not null, commitment_id varchar not null, call_id varchar not null, due_from date not null,
    due_to date not null, time_from time, time_to time, is_cancelled boolean not null, sequence integer not null,
    changed_at timestamptz not null, digest varchar not null, primary key (person_id, commitment_id)
);
-- Reports that were handed over. A report whose content was handed over to the same place is not handed over again.
create table uploads (
    place varchar not null, name varchar not null, sha256 varchar not null, size_bytes bigint not null,
    about varchar not null, uploaded_at timestamptz not null, remote_id varchar, primary key (place, name, sha256)
);

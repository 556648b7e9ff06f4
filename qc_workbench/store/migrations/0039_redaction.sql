-- Seconds of a recording in which a secret is said (the number of a card, a password): its words are not in the
-- transcript, its sound is not played. They stay when the transcript goes, as long as the sound does. `channel`: the one
-- it is on, null for all.
create table hidden_seconds (
    content_hash varchar not null, call_id varchar not null, kind varchar not null,
    start_s double not null, end_s double not null, channel integer
);
-- The rules that looked for secrets in it; null: nobody has looked yet.
alter table transcripts add column redacted_by varchar;

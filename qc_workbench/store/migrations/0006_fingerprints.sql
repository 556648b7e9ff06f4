-- Fingerprints of the first speech of each channel of a recording, kept by content: see domain/sound_print.py.
create table sound_prints (
    content_hash varchar not null, channel integer not null, version varchar not null, first_step integer not null,
    speech_s double not null, peaks blob not null, bits blob not null, primary key (content_hash, channel)
);
-- What was found when a print was looked up: the same recording in a print stored before (`found_...`). A print in
-- which nothing known was found, or enough that is new, is stored to be found by later ones: a row that names itself.
create table sound_matches (
    content_hash varchar not null, channel integer not null, found_hash varchar not null, found_channel integer not null,
    offset_s double not null, start_s double not null, end_s double not null, matched_s double not null,
    error_rate double not null, votes integer not null, relation varchar,
    primary key (content_hash, channel, found_hash, found_channel)
);
create index sound_matches_found on sound_matches (found_hash);

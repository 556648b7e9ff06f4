-- Backups made of this workspace: an erasure names those that still hold what was erased.
create table backups (
    made_at timestamptz not null, place varchar not null, size_bytes bigint not null, sha256 varchar not null,
    encrypted boolean not null, recordings varchar not null, calls bigint not null, primary key (made_at, place)
);
-- What retention removed of a call: kind 'recording' or 'transcript'. Nothing makes it again.
create table expired (
    call_id varchar not null, kind varchar not null, expired_at timestamptz not null, primary key (call_id, kind)
);
-- Files to remove, written with the rows that let them go: who is killed in between is finished by the next run.
create table removals (path varchar primary key, since timestamptz not null);
-- Erasures of persons, and the certificate of each; `finished_at` is null until files and old bytes are gone too.
create table erasures (
    erasure_id varchar primary key, erased_at timestamptz not null, erased_by varchar not null,
    certificate json not null, finished_at timestamptz
);
-- The rows that stay of an erased person for the statistics, under ids of chance. No step works on them again.
create table erased (
    kind varchar not null, id varchar not null, erasure_id varchar not null, primary key (kind, id)
);
-- Keyed hashes of the phones and ids of erased persons, so that no import brings them back.
create table suppressed (
    kind varchar not null, keyed_hash varchar not null, since timestamptz not null, primary key (kind, keyed_hash)
);
-- sha256 of a draw's frame in which the ids of erased calls were replaced; null where nothing was.
alter table draws add column amended_hash varchar;

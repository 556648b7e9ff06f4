-- The settings that this workspace was last seen with: a change of qcw.toml is a line of the audit log, once. One row.
-- `settings` is key -> value; secret values are keyed hashes.
create table settings_seen (seen_at timestamptz not null, digest varchar not null, settings json not null);

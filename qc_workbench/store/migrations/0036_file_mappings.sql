-- Files that people exported: how each is read, what each import made.

-- Saved mappings: saving again adds a version, removing adds one that says so. `header_print` recognises the file.
create table file_mappings (
    name varchar not null, version integer not null, header_print varchar not null, body json not null,
    saved_at timestamptz not null, saved_by varchar not null, removed boolean not null default false,
    primary key (name, version)
);
-- One import of one file. `reading` is the digest of the mapping; `ended_at` is null while it runs or was stopped.
create table import_batches (
    batch_id varchar primary key, mapping varchar not null, reading varchar not null, entity varchar not null,
    file varchar not null, file_print varchar not null, began_at timestamptz not null, began_by varchar not null,
    ended_at timestamptz, counts json not null, undone_at timestamptz, undone_by varchar
);
-- Rows that an import made (not those that it changed), with the digest of what it wrote: what differs was touched.
create table import_batch_rows (
    batch_id varchar not null, entity varchar not null, row_id varchar not null, digest varchar not null,
    primary key (batch_id, entity, row_id)
);

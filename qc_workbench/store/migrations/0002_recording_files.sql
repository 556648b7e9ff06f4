-- What an import saw of each recording's file, so that only changed and missing ones are looked at again.
create table recording_files (
    folder varchar not null, name varchar not null, size_bytes bigint, modified_ns bigint,
    path varchar, facts json not null, primary key (folder, name)
);

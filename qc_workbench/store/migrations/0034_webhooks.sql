-- What vendors told unasked. Of a body only what is needed to ask again is kept: the vendor's own id and moments, no
-- phone, name or text. `digest` (keyed) is the same for a message that is sent again; `told` is what no question gives
-- back (moves of due dates). Rows that are done go after some days, rows about an erased person at once.
create table webhooks (
    digest varchar primary key, source varchar not null, about varchar not null, event varchar not null,
    object_id varchar, began_at timestamptz, happened_at timestamptz, told json not null,
    received_at timestamptz not null, state varchar not null, attempts integer not null, next_at timestamptz not null,
    done_at timestamptz, error_code varchar, repeats integer not null,
    last_at timestamptz not null
);
-- How many came and how many were refused, by the day (UTC) and why. Of `source` '': at no address of ours.
create table webhook_counts (
    source varchar not null, day date not null, what varchar not null, amount bigint not null,
    primary key (source, day, what)
);

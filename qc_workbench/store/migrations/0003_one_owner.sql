-- Which call of a client made a write: a client that lost the answer asks again and learns that it was its own.
-- A write without a key of its own is kept under its call for two days, longer than anybody retries.
alter table applied_writes add column call varchar;

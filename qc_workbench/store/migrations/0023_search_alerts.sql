-- How many calls that fit were indexed since the watcher looked last: counted where the index grows, so that every page
-- can say it for the price of a row.
alter table search_watches add column new_calls integer default 0;

-- How many calls of each agent and day a draw's frame holds. Counted from `draws.frame`, which stays the passport:
-- a page that estimates scores need not read a quarter's frames. Days are the company's.
create table frame_counts (
    draw_id varchar not null, stratum varchar not null, agent varchar not null, day date not null, calls integer not null
);

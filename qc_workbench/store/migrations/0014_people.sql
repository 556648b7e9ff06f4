-- Accounts. A password is here as its hash only; none for somebody who comes by single sign-on (`subject` of `issuer`).
create table people (
    person_id varchar primary key, login varchar not null, name varchar not null, agent_id varchar,
    password_hash varchar, password_set_at timestamptz, issuer varchar, subject varchar,
    leads_every_team boolean not null, calls_a_day integer not null, weekdays json not null,
    admitted_at timestamptz not null, left_at timestamptz
);
-- Written whole for a person or a team: no key, so that a write may take rows away and put them back.
create table person_roles (person_id varchar not null, role varchar not null);
create table teams (team_id varchar primary key, name varchar not null);
-- An agent is in one team; a team may have several heads.
create table team_agents (agent_id varchar not null, team_id varchar not null);
create table team_heads (team_id varchar not null, person_id varchar not null);
-- Days on which somebody does not listen, both ends included.
create table absences (
    person_id varchar not null, day_from date not null, day_to date not null, primary key (person_id, day_from)
);
-- `token_hash` is the sha256 of the secret in the cookie, which itself is nowhere here.
create table sessions (
    token_hash varchar primary key, person_id varchar not null, begun_at timestamptz not null,
    seen_at timestamptz not null, ended_at timestamptz
);
-- Every try to log in. What was typed as a login is kept as its hash: people type passwords there by mistake.
create table log_ins (
    tried_at timestamptz not null, login_hash varchar not null, address varchar not null, succeeded boolean not null
);

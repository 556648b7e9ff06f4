-- Connected CRM systems: where a change is known from, and what each system told, in its own ids.

-- vendor, webhook or diff (a difference between two readings); null: it came with a file.
alter table stage_changes add column origin varchar;
alter table activity_changes add column origin varchar;
-- A deal, an activity or a note as it was told last (`told`), and the changes known of it (`moves`), both in the vendor's
-- ids: deals, activities, notes and their changes are made of these. `history_due`: it changed its stage, and its history
-- was not asked for since.
create table crm_records (
    source varchar not null, entity varchar not null, key varchar not null, deal_key varchar, person_keys json not null,
    told json not null, moves json not null, is_open boolean not null,
    history_due boolean not null, gone_at timestamptz, read_at timestamptz not null,
    primary key (source, entity, key)
);
-- `erased`: was to be forgotten; stays without a name and those phones, so that what names them is kept out.
create table crm_persons (
    source varchar not null, person_key varchar not null, name varchar, phones json not null, erased boolean not null,
    primary key (source, person_key)
);
create table crm_users (
    source varchar not null, user_key varchar not null, name varchar not null, email varchar, zone varchar,
    active boolean not null, primary key (source, user_key)
);
create table crm_stages (
    source varchar not null, stage_key varchar not null, name varchar not null, pipeline_key varchar not null,
    pipeline varchar not null, place integer not null, primary key (source, stage_key)
);

-- The second of the recording that the comment of an answer is about.
alter table evaluation_answers add column at_s double;

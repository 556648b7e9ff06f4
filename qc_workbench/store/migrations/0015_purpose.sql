-- What an evaluation is for: the score of the call, a second look at it (silent), or a calibration session.
alter table evaluations add column purpose varchar default 'score';

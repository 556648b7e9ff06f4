-- Where each channel's own party speaks, as the voice model found it: transcription need not look for it again.
alter table acoustics add column speech json;

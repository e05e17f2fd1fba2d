-- Clients upload the data of training jobs, too.
ALTER TABLE file DROP CONSTRAINT file_purpose_ck;
ALTER TABLE file ADD CONSTRAINT file_purpose_ck CHECK (purpose IN ('BATCH', 'BATCH_OUTPUT', 'FINE_TUNE'));

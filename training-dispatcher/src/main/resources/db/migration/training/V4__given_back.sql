-- Runs that were given back unfinished, for no fault of theirs: so many attempts more the job has than max_attempts says.
ALTER TABLE training_job ADD COLUMN given_back INT NOT NULL DEFAULT 0;
ALTER TABLE training_worker_run ADD COLUMN given_back BOOLEAN NOT NULL DEFAULT FALSE;

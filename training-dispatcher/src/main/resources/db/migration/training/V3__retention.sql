-- What ended longest ago is removed first.
CREATE INDEX training_job_ended_ix ON training_job (state_since, id) WHERE ended;

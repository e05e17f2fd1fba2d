-- What a batch's rows ask for.
ALTER TABLE batch ADD COLUMN endpoint TEXT NOT NULL DEFAULT '/v1/embeddings';

-- The collection whose texts are its input, and the model that is asked for them, where rows name one; its input file is written before its rows are
-- counted, and empty until then.
ALTER TABLE batch ADD COLUMN input_collection TEXT;
ALTER TABLE batch ADD COLUMN input_model TEXT NOT NULL DEFAULT '';

-- Whose files and batches are: what the gateway knows its caller by, and nobody's where it is empty. A batch's output is its owner's.
ALTER TABLE file ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE batch ADD COLUMN owner TEXT NOT NULL DEFAULT '';
CREATE INDEX file_owner_ix ON file (owner, created_at, id);
CREATE INDEX batch_owner_ix ON batch (owner, created_at, id);

-- What the owner's key may ask; nothing for all models.
ALTER TABLE batch ADD COLUMN allowed_models TEXT[] NOT NULL DEFAULT '{}';

-- A checkpoint that this log signed and does not fit what is here: the log has lost entries or was forked. It is read,
-- and not written to, until the loss is accepted.
ALTER TABLE log ADD COLUMN contradicted_by TEXT;

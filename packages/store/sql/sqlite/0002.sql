-- Who did the action. No index: a search for it always has another term of the action to start from.
ALTER TABLE action ADD COLUMN actor_type TEXT;
ALTER TABLE action ADD COLUMN actor_id TEXT;

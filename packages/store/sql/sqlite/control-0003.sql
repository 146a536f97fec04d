-- The name under which a closed log was open: variables of the environment that give its keys go by that name.
ALTER TABLE log ADD COLUMN made_as TEXT;

-- One log. Everything that is proved stands in `event.leaf`; all else is derived from leaves and surviving payloads,
-- or is the payloads.

CREATE TABLE head (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  size INTEGER NOT NULL,
  root BLOB NOT NULL,
  -- Right edge of the RFC 6962 tree: one hash for each bit of size, the largest subtree first.
  edge BLOB NOT NULL,
  -- recorded_at never decreases.
  recorded_ms INTEGER NOT NULL
) STRICT;

-- Signed notes: the newest, and one a second. A size is signed once.
CREATE TABLE checkpoint (
  size INTEGER PRIMARY KEY,
  signed_ms INTEGER NOT NULL,
  note TEXT NOT NULL
) STRICT;

-- Full tiles, and from level 1 up the growing one. Hashes of 32 bytes, at most 256.
CREATE TABLE tile (
  level INTEGER NOT NULL,
  n INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  idx INTEGER PRIMARY KEY,
  -- 16 bytes of the UUID; time-ordered ids keep this index cheap.
  event_id BLOB NOT NULL UNIQUE,
  run INTEGER,
  -- Where the payload lies; NULL without payload or after erasure.
  block INTEGER,
  -- Keyed hash of the event as sent: what "the same again" is judged by. Erased with the payload.
  sent BLOB,
  leaf BLOB NOT NULL
) STRICT;
CREATE INDEX event_run ON event (run, idx) WHERE run IS NOT NULL;

-- Data keys, wrapped by the master key. Erasing a run is deleting its row.
CREATE TABLE vault_key (
  id INTEGER PRIMARY KEY,
  -- NULL for a key of one event without run.
  run INTEGER UNIQUE,
  wrapped BLOB NOT NULL
) STRICT;

-- Payloads of one run and one commit, encrypted together.
CREATE TABLE vault_block (
  id INTEGER PRIMARY KEY,
  key INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX vault_block_key ON vault_block (key);

CREATE TABLE run (
  pk INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,
  outcome TEXT NOT NULL,
  workflow TEXT,
  version TEXT,
  environment TEXT,
  customer TEXT,
  trigger_type TEXT,
  correlation TEXT NOT NULL,
  session TEXT,
  parent TEXT,
  actor_type TEXT,
  actor_id TEXT,
  model TEXT,
  -- Who records it: id of a producer.
  producer TEXT,
  started_ms INTEGER NOT NULL,
  ended_ms INTEGER,
  events INTEGER NOT NULL,
  last_idx INTEGER NOT NULL,
  -- Six letters, one an answer: o c i n m.
  answers TEXT NOT NULL,
  -- Space-separated, with a space at both ends.
  flags TEXT NOT NULL
) STRICT;
CREATE INDEX run_started ON run (started_ms, pk);
CREATE INDEX run_customer ON run (customer, started_ms, pk);
CREATE INDEX run_workflow ON run (workflow, started_ms, pk);
CREATE INDEX run_outcome ON run (outcome, started_ms, pk);
CREATE INDEX run_actor ON run (actor_id, started_ms, pk) WHERE actor_id IS NOT NULL;
CREATE INDEX run_model ON run (model, started_ms, pk) WHERE model IS NOT NULL;
-- Almost all runs complete: what is rare is worth an index.
CREATE INDEX run_status ON run (status, started_ms, pk) WHERE status <> 'completed';
CREATE INDEX run_ended ON run (ended_ms, pk) WHERE ended_ms IS NOT NULL;
CREATE INDEX run_took ON run (ended_ms - started_ms, pk) WHERE ended_ms IS NOT NULL;
CREATE INDEX run_correlation ON run (correlation);
CREATE INDEX run_session ON run (session) WHERE session IS NOT NULL;
CREATE INDEX run_parent ON run (parent) WHERE parent IS NOT NULL;
CREATE INDEX run_producer ON run (producer) WHERE status = 'running' AND producer IS NOT NULL;

-- What the reducers need to go on, and what rows are shown from. Apart, so that filters read narrow rows.
CREATE TABLE run_state (
  pk INTEGER PRIMARY KEY,
  state TEXT NOT NULL
) STRICT;

CREATE TABLE action (
  pk INTEGER PRIMARY KEY,
  action_id TEXT NOT NULL UNIQUE,
  run INTEGER NOT NULL,
  type TEXT NOT NULL,
  effect_class TEXT NOT NULL,
  target_type TEXT,
  target_id TEXT,
  outcome TEXT NOT NULL,
  approver TEXT,
  edited INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  -- Hundredths of the major unit; not always whole.
  amount REAL,
  currency TEXT,
  -- Parts of its story that are there, space-separated, with a space at both ends.
  parts TEXT NOT NULL
) STRICT;
CREATE INDEX action_run ON action (run, type);
CREATE INDEX action_started ON action (started_ms, pk);
CREATE INDEX action_type ON action (type, started_ms, pk);
CREATE INDEX action_target ON action (target_id, started_ms, pk) WHERE target_id IS NOT NULL;
CREATE INDEX action_outcome ON action (outcome, started_ms, pk);
CREATE INDEX action_effect ON action (effect_class, started_ms, pk);
CREATE INDEX action_approver ON action (approver, started_ms, pk) WHERE approver IS NOT NULL;
CREATE INDEX action_amount ON action (amount, run) WHERE amount IS NOT NULL;

CREATE TABLE action_state (
  pk INTEGER PRIMARY KEY,
  state TEXT NOT NULL
) STRICT;

-- Searchable facts beyond the columns: checks, rules, tools, references, attributes. action = 0 is the run itself.
CREATE TABLE term_key (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE term (
  key INTEGER NOT NULL,
  value ANY NOT NULL,
  run INTEGER NOT NULL,
  action INTEGER NOT NULL,
  PRIMARY KEY (key, value, run, action)
) STRICT, WITHOUT ROWID;
-- For what a run or action has of a key at all, and for ranges. Runs are numbered as they come, so this one only grows at its end.
CREATE INDEX term_run ON term (run, key, value, action);

-- Processes that record, each under its key. The gaps in their numbers stand in the state.
CREATE TABLE producer (
  pk INTEGER PRIMARY KEY,
  -- Key and instance, with a space in between.
  id TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,
  -- Not before this moment is there something to say about it; NULL until an event comes.
  due_ms INTEGER,
  state TEXT NOT NULL
) STRICT;
CREATE INDEX producer_due ON producer (due_ms) WHERE due_ms IS NOT NULL;
-- Almost all producers say goodbye: the others are worth an index.
CREATE INDEX producer_status ON producer (status, pk) WHERE status <> 'stopped';

-- How far the asynchronous text index has come, and what erasure still has to take out of it.
CREATE TABLE text_erasure (
  idx INTEGER PRIMARY KEY
) STRICT;

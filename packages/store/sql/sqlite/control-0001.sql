-- A data directory: its logs and its API keys.
CREATE TABLE log (
  name TEXT PRIMARY KEY,
  -- Folder under logs/, and the unguessable part of its public tile URL.
  id TEXT NOT NULL UNIQUE,
  origin TEXT NOT NULL UNIQUE,
  vkey TEXT NOT NULL,
  created_at TEXT NOT NULL,
  -- A log that lost entries is closed when its successor opens: readable, never written again.
  closed_at TEXT
) STRICT;

-- Tokens are 256 random bits, so a plain SHA-256 is enough at rest.
CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  log TEXT NOT NULL REFERENCES log (name),
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  hash BLOB NOT NULL,
  created_at TEXT NOT NULL,
  revoked_at TEXT
) STRICT;

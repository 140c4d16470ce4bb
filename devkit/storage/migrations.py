"""The migrations, in order. Never edit one that was released; append one. Instants are milliseconds since the epoch.
Secrets (passwords, tokens, keys, links) are stored as hashes only.
"""

from __future__ import annotations

_BASE = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE users (
    number INTEGER PRIMARY KEY AUTOINCREMENT,   -- the integer id that dialect promptcraft shows
    id TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,             -- casefolded: addresses are unique without regard to case
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    email_verified INTEGER NOT NULL,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    user_agent TEXT NOT NULL,
    revoked_at INTEGER
) WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions (user_id, created_at);

CREATE TABLE refresh_tokens (
    hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) WITHOUT ROWID;
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) WITHOUT ROWID;
CREATE INDEX api_keys_of_user ON api_keys (user_id, created_at);

CREATE TABLE links (
    hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,                      -- verify or reset
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) WITHOUT ROWID;
CREATE INDEX links_of_user ON links (user_id);

CREATE TABLE tasks (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    description TEXT,
    completed INTEGER NOT NULL,
    priority TEXT NOT NULL,
    due_date INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX tasks_of_user ON tasks (user_id, created_at, number);

CREATE TABLE idempotency (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, operation, key)
) WITHOUT ROWID;

CREATE TABLE uploads (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    filename TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX uploads_of_user ON uploads (user_id, created_at, number);

CREATE TABLE models (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    size INTEGER NOT NULL,
    details TEXT NOT NULL,                      -- a JSON object
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE flags (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;   -- value: JSON

CREATE TABLE conversations (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX conversations_of_user ON conversations (user_id, updated_at, number);

CREATE TABLE messages (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    role TEXT NOT NULL,                         -- user or assistant
    content TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX messages_of_conversation ON messages (conversation_id, number);

CREATE TABLE mails (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    link TEXT,
    sent_at INTEGER NOT NULL
);
"""

_LATE_MAILS = """
ALTER TABLE mails ADD COLUMN due_at INTEGER;        -- a late mail's arrival; NULL: it came at once
"""

_USERNAMES = """
ALTER TABLE users ADD COLUMN username TEXT;         -- NULL: the part of the address before the @
ALTER TABLE users ADD COLUMN username_key TEXT;     -- casefolded, as email_key
ALTER TABLE users ADD COLUMN image TEXT;
CREATE UNIQUE INDEX users_by_username ON users (username_key) WHERE username_key IS NOT NULL;
"""

_ANSWERS = """
ALTER TABLE messages ADD COLUMN model TEXT;         -- of an answer: who gave it
ALTER TABLE messages ADD COLUMN tool_calls TEXT;    -- a JSON list
ALTER TABLE messages ADD COLUMN prompt_tokens INTEGER;
ALTER TABLE messages ADD COLUMN completion_tokens INTEGER;
ALTER TABLE messages ADD COLUMN finish_reason TEXT;
"""

_CHANGES = """
ALTER TABLE users ADD COLUMN changed_at INTEGER;    -- NULL: nothing was changed
ALTER TABLE sessions ADD COLUMN prolonged_at INTEGER;   -- NULL: never
ALTER TABLE links ADD COLUMN address TEXT;          -- of a change of address: the new one
"""

_MODEL_ERRORS = """
ALTER TABLE models ADD COLUMN error TEXT;           -- why it failed to start
"""

_SOCIAL = """
CREATE TABLE identities (                           -- the accounts that the providers know
    provider TEXT NOT NULL,
    account_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    verified INTEGER NOT NULL,
    PRIMARY KEY (provider, account_id)
) WITHOUT ROWID;

CREATE TABLE linked_accounts (
    provider TEXT NOT NULL,
    account_id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (provider, account_id)
) WITHOUT ROWID;
CREATE INDEX linked_accounts_of_user ON linked_accounts (user_id, created_at);

CREATE TABLE social_attempts (
    hash TEXT PRIMARY KEY,                          -- of the state
    provider TEXT NOT NULL,
    callback TEXT NOT NULL,
    return_to TEXT NOT NULL,
    error_to TEXT,
    new_user_to TEXT,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) WITHOUT ROWID;
CREATE INDEX social_attempts_by_end ON social_attempts (expires_at);

CREATE TABLE social_codes (
    hash TEXT PRIMARY KEY,
    attempt TEXT NOT NULL REFERENCES social_attempts (hash) ON DELETE CASCADE,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    verified INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) WITHOUT ROWID;
CREATE INDEX social_codes_of_attempt ON social_codes (attempt);
"""

_SOCIAL_ACCOUNTS = """
ALTER TABLE social_attempts ADD COLUMN link_session TEXT;   -- of one that links: the session it was begun in
ALTER TABLE social_codes ADD COLUMN session_id TEXT;        -- of one of our own, for the frontend: what it hands over
ALTER TABLE social_codes ADD COLUMN is_new INTEGER NOT NULL DEFAULT 0;   -- and whether the account was just made
ALTER TABLE linked_accounts ADD COLUMN name TEXT;           -- what the provider last told of it; NULL: linked before
ALTER TABLE linked_accounts ADD COLUMN email TEXT;
ALTER TABLE linked_accounts ADD COLUMN verified INTEGER;
"""

_TASKS_READY_TO_SEND = """
CREATE TABLE tasks_ready (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    owner INTEGER NOT NULL REFERENCES users (number) ON DELETE CASCADE,
    completed INTEGER NOT NULL,
    priority TEXT NOT NULL,
    due_date INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    json TEXT NOT NULL,                         -- the task, ready to send
    title TEXT GENERATED ALWAYS AS (json_extract(json, '$.title')) VIRTUAL,
    description TEXT GENERATED ALWAYS AS (json_extract(json, '$.description')) VIRTUAL
);
INSERT INTO tasks_ready (number, id, owner, completed, priority, due_date, created_at, updated_at, version, json)
SELECT t.number, t.id, u.number, t.completed, t.priority, t.due_date, t.created_at, t.updated_at, t.version,
    json_object(
        'id', t.id, 'title', t.title, 'description', t.description,
        'completed', json(iif(t.completed, 'true', 'false')), 'priority', t.priority,
        'dueDate', %(due_date)s, 'createdAt', %(created_at)s, 'updatedAt', %(updated_at)s
    )
FROM tasks t JOIN users u ON u.id = t.user_id ORDER BY t.number;
DROP TABLE tasks;
ALTER TABLE tasks_ready RENAME TO tasks;
ALTER TABLE users ADD COLUMN task_count INTEGER NOT NULL DEFAULT 0;
UPDATE users SET task_count = (SELECT count(*) FROM tasks WHERE owner = users.number);
""" % {
    # ISO 8601 by hand: what strftime says of fractions is rounded. The remainder of what lies before 1970 is negative.
    name: f"strftime('%Y-%m-%dT%H:%M:%S', (t.{name} - (t.{name} % 1000 + 1000) % 1000) / 1000, 'unixepoch')"
    f" || printf('.%03dZ', (t.{name} % 1000 + 1000) % 1000)"
    for name in ("due_date", "created_at", "updated_at")
}

_TASKS_IN_ORDER = """
DROP INDEX IF EXISTS tasks_by_creation;
DROP INDEX IF EXISTS tasks_by_update;
DROP INDEX IF EXISTS tasks_by_due_date;
DROP INDEX IF EXISTS tasks_by_completion;
DROP INDEX IF EXISTS tasks_by_priority;
DROP TRIGGER IF EXISTS tasks_come;
DROP TRIGGER IF EXISTS tasks_go;
-- Not in `users`, whose rows are large: a few hundred counts share a page, and that is written with each task.
CREATE TABLE task_counts (
    owner INTEGER PRIMARY KEY REFERENCES users (number) ON DELETE CASCADE,
    count INTEGER NOT NULL
);
INSERT INTO task_counts SELECT owner, count(*) FROM tasks GROUP BY owner;
ALTER TABLE users DROP COLUMN task_count;
"""

_TASKS_BY_NUMBER = """
CREATE TABLE tasks_by_number (
    number INTEGER PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES users (number) ON DELETE CASCADE,
    completed INTEGER NOT NULL,
    priority TEXT NOT NULL,
    due_date INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    title_key TEXT NOT NULL,                    -- the title casefolded: what it is sorted by and searched in
    json TEXT NOT NULL,                         -- the task, ready to send
    own_id TEXT,                                -- an id that does not tell the number (see taskids.py); else NULL
    id TEXT GENERATED ALWAYS AS (json_extract(json, '$.id')) VIRTUAL,
    title TEXT GENERATED ALWAYS AS (json_extract(json, '$.title')) VIRTUAL,
    description TEXT GENERATED ALWAYS AS (json_extract(json, '$.description')) VIRTUAL
);
INSERT INTO tasks_by_number
    (number, owner, completed, priority, due_date, created_at, updated_at, version, title_key, json, own_id)
SELECT number, owner, completed, priority, due_date, created_at, updated_at, version, fold(title), json, id FROM tasks
ORDER BY number;
DROP TABLE tasks;
ALTER TABLE tasks_by_number RENAME TO tasks;
CREATE UNIQUE INDEX tasks_by_own_id ON tasks (own_id) WHERE own_id IS NOT NULL;
"""

_TASKS_SEARCHED = """
DROP TRIGGER IF EXISTS tasks_come;
DROP TRIGGER IF EXISTS tasks_go;
DROP INDEX IF EXISTS tasks_in_order;
-- The signature of title and description (see trigrams.py).
ALTER TABLE tasks ADD COLUMN trigrams_a INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN trigrams_b INTEGER NOT NULL DEFAULT 0;
UPDATE tasks SET trigrams_a = trigrams(title, description, 0), trigrams_b = trigrams(title, description, 1);
-- Not one count for each user, but one for all that filters tell apart.
DROP TABLE task_counts;
CREATE TABLE task_counts (
    owner INTEGER PRIMARY KEY REFERENCES users (number) ON DELETE CASCADE,
    open_low INTEGER NOT NULL, open_medium INTEGER NOT NULL, open_high INTEGER NOT NULL,
    done_low INTEGER NOT NULL, done_medium INTEGER NOT NULL, done_high INTEGER NOT NULL
);
INSERT INTO task_counts SELECT owner,
    sum(NOT completed AND priority = 'low'), sum(NOT completed AND priority = 'medium'),
    sum(NOT completed AND priority = 'high'), sum(completed AND priority = 'low'),
    sum(completed AND priority = 'medium'), sum(completed AND priority = 'high')
FROM tasks GROUP BY owner;
"""

_ROWS = """
-- What is kept for a contract of somebody's own. One table for all resources: no schema depends on a user's file.
CREATE TABLE rows (
    number INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    owner INTEGER NOT NULL,                     -- the user's number; 0: everybody's
    id TEXT NOT NULL,
    told INTEGER NOT NULL,                      -- whether the id tells the number (see taskids.py)
    version INTEGER NOT NULL,
    gone TEXT,                                  -- why no answer has it (deleted, unfit); NULL: it is there
    json TEXT NOT NULL,                         -- the row, ready to send
    hidden TEXT                                 -- a JSON object: what else is kept of it, and in no answer
);
CREATE UNIQUE INDEX rows_by_id ON rows (resource, id) WHERE told = 0;
CREATE TABLE row_counts (
    resource TEXT NOT NULL,
    owner INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (resource, owner)
) WITHOUT ROWID;
CREATE TABLE row_ids (resource TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;   -- of ids that count
-- Keys are remembered for callers too who are nobody.
CREATE TABLE keys_remembered (
    user_id TEXT NOT NULL,                      -- empty: whoever is not signed in
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, operation, key)
) WITHOUT ROWID;
INSERT INTO keys_remembered SELECT user_id, operation, key, fingerprint, answer, created_at FROM idempotency;
DROP TABLE idempotency;
ALTER TABLE keys_remembered RENAME TO idempotency;
"""

_PLACES = """
DROP TRIGGER IF EXISTS users_go;
-- Where rows of a contract of somebody's own are kept apart (`/repos/{owner}/{repo}`): their owner is -number.
CREATE TABLE places (
    number INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    whose INTEGER NOT NULL,                     -- the user's number; 0: everybody's
    name TEXT NOT NULL,                         -- what the path says, such as octo/hello
    behind INTEGER NOT NULL,                    -- rows that it began with are so far behind those that they are like
    UNIQUE (resource, whose, name)
);
DROP INDEX rows_by_id;
CREATE UNIQUE INDEX rows_by_id ON rows (resource, id, owner) WHERE told = 0;
CREATE TABLE ids_counted (
    resource TEXT NOT NULL,
    owner INTEGER NOT NULL,                     -- a place; 0: all others
    last INTEGER NOT NULL,
    PRIMARY KEY (resource, owner)
) WITHOUT ROWID;
INSERT INTO ids_counted SELECT resource, 0, last FROM row_ids;
DROP TABLE row_ids;
ALTER TABLE ids_counted RENAME TO row_ids;
"""

_OWN_FIELDS = """
ALTER TABLE users ADD COLUMN own TEXT NOT NULL DEFAULT '';  -- JSON: what a contract of somebody's own keeps of it
"""

_MARKS = """
CREATE TABLE marks (
    row INTEGER NOT NULL,                       -- its number in `rows`
    name TEXT NOT NULL,                         -- such as articles/favorites
    owner INTEGER NOT NULL REFERENCES users (number) ON DELETE CASCADE,
    PRIMARY KEY (row, name, owner)
) WITHOUT ROWID;
CREATE INDEX marks_by_owner ON marks (owner, name);
"""

MIGRATIONS: tuple[str, ...] = (
    _BASE, _LATE_MAILS, _USERNAMES, _ANSWERS, _CHANGES, _MODEL_ERRORS, _SOCIAL, _TASKS_READY_TO_SEND, _TASKS_IN_ORDER,
    _TASKS_BY_NUMBER, _TASKS_SEARCHED, _SOCIAL_ACCOUNTS, _ROWS, _PLACES, _OWN_FIELDS, _MARKS,
)  # fmt: skip

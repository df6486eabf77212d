-- Times are Unix milliseconds. `body` is what only its owner reads.

CREATE TABLE instrument (
    id INTEGER PRIMARY KEY,
    venue TEXT NOT NULL,
    symbol TEXT NOT NULL,
    tick REAL NOT NULL,
    UNIQUE (venue, symbol, tick)
);

CREATE TABLE config (hash TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    version TEXT NOT NULL,
    config_hash TEXT NOT NULL REFERENCES config (hash),
    kind TEXT NOT NULL,
    began INTEGER NOT NULL,
    last_written INTEGER NOT NULL,
    is_ended INTEGER NOT NULL DEFAULT 0
);

-- Minutes of hours that are not packed yet; `at` is the end of the minute.
CREATE TABLE minute (
    venue TEXT NOT NULL,
    at INTEGER NOT NULL,
    run INTEGER NOT NULL REFERENCES run (id),
    body BLOB NOT NULL,
    PRIMARY KEY (venue, at)
);

-- One instrument's day, hour by hour; `day` is days since 1970, `step` minutes.
CREATE TABLE day (
    venue TEXT NOT NULL,
    day INTEGER NOT NULL,
    instrument INTEGER NOT NULL REFERENCES instrument (id),
    step INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (venue, day, instrument)
);
CREATE INDEX day_of_instrument ON day (instrument, day);

CREATE TABLE outcome (
    venue TEXT NOT NULL,
    horizon_ms INTEGER NOT NULL,
    bar_closed_at INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    score REAL NOT NULL,
    excess REAL,
    gross REAL,
    highest REAL,
    lowest REAL,
    why TEXT,
    run INTEGER NOT NULL REFERENCES run (id),
    PRIMARY KEY (venue, horizon_ms, bar_closed_at, symbol)
) WITHOUT ROWID;

CREATE TABLE state (name TEXT PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL);

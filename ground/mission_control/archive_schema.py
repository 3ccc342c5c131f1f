"""The tables of a run's archive, and the views in which a person reads them.

Times ending in `_ns` are nanoseconds of mission time: `occurred_ns` by the spacecraft's own stamp,
`received_ns` when it was on the ground. The views show seconds.
"""

VERSION = 1

# Rungs of one instant, in the order in which they were climbed.
RUNG_ORDER = """CASE rung WHEN 'RECEIVED' THEN 0 WHEN 'ACCEPTED' THEN 1 WHEN 'STARTED' THEN 2
        WHEN 'PROGRESS' THEN 3 ELSE 4 END"""

SCHEMA = f"""
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS commands (
    number INTEGER PRIMARY KEY,
    identifier TEXT NOT NULL UNIQUE,
    vehicle TEXT NOT NULL,
    name TEXT NOT NULL,
    arguments TEXT NOT NULL,
    stage TEXT NOT NULL,
    lifetime REAL NOT NULL,
    bundle TEXT NOT NULL,
    deadline REAL NOT NULL,
    step TEXT NOT NULL,
    issued_ns INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    sent_ns INTEGER,
    expected_ns INTEGER,
    late INTEGER NOT NULL DEFAULT 0,
    verdict TEXT,
    verdict_ns INTEGER,
    detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS commands_by_step ON commands (step);

CREATE TABLE IF NOT EXISTS rungs (
    identifier TEXT NOT NULL,
    rung TEXT NOT NULL,
    occurred_ns INTEGER NOT NULL,
    received_ns INTEGER NOT NULL,
    detail TEXT NOT NULL,
    repeated INTEGER NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (identifier, occurred_ns, rung, repeated)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS events (
    source TEXT NOT NULL,
    occurred_ns INTEGER NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    severity TEXT NOT NULL,
    received_ns INTEGER NOT NULL,
    text TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (source, occurred_ns, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS events_by_name ON events (source, name, occurred_ns);

CREATE TABLE IF NOT EXISTS streams (
    stream INTEGER PRIMARY KEY, source TEXT NOT NULL, channel TEXT NOT NULL, unit TEXT NOT NULL,
    UNIQUE (source, channel)
);
CREATE TABLE IF NOT EXISTS samples (
    stream INTEGER NOT NULL,
    occurred_ns INTEGER NOT NULL,
    received_ns INTEGER NOT NULL,
    value,
    PRIMARY KEY (stream, occurred_ns)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS custody (
    source TEXT NOT NULL,
    tube TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    step TEXT NOT NULL,
    status TEXT NOT NULL,
    place TEXT NOT NULL,
    occurred_ns INTEGER NOT NULL,
    received_ns INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (source, tube, sequence)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS uplinks (
    number INTEGER PRIMARY KEY,
    spacecraft TEXT NOT NULL,
    destination TEXT NOT NULL,
    sent_ns INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    commands TEXT NOT NULL,
    outcome TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS downlinks (
    number INTEGER PRIMARY KEY,
    spacecraft TEXT NOT NULL,
    source TEXT NOT NULL,
    frame INTEGER NOT NULL,
    received_ns INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    packets INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS alarms (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    severity TEXT NOT NULL,
    state TEXT NOT NULL,
    raised_ns INTEGER NOT NULL,
    last_ns INTEGER NOT NULL,
    count INTEGER NOT NULL,
    text TEXT NOT NULL,
    acknowledged_by TEXT NOT NULL,
    acknowledged_ns INTEGER,
    note TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS procedure_log (
    number INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, step TEXT NOT NULL, text TEXT NOT NULL
);

CREATE VIEW IF NOT EXISTS command_history AS
    SELECT number, identifier, vehicle, name, arguments, stage, issued_ns / 1e9 AS issued_s,
        sent_ns / 1e9 AS sent_s, expected_ns / 1e9 AS answer_expected_s, attempts,
        COALESCE(verdict, 'under way') AS verdict, verdict_ns / 1e9 AS verdict_s,
        CASE late WHEN 1 THEN 'late' ELSE '' END AS late, detail
    FROM commands ORDER BY number;
CREATE VIEW IF NOT EXISTS ladder AS
    SELECT commands.number, rungs.identifier, vehicle, name, rung, rungs.occurred_ns / 1e9
        AS occurred_s, rungs.received_ns / 1e9 AS received_s, rungs.detail, repeated
    FROM rungs JOIN commands USING (identifier)
    ORDER BY commands.number, rungs.occurred_ns, {RUNG_ORDER}, rungs.received_ns;
CREATE VIEW IF NOT EXISTS event_log AS
    SELECT occurred_ns / 1e9 AS occurred_s, received_ns / 1e9 AS received_s, source, severity,
        name, text
    FROM events ORDER BY occurred_ns, source, number;
CREATE VIEW IF NOT EXISTS telemetry AS
    SELECT source, channel, occurred_ns / 1e9 AS occurred_s, received_ns / 1e9 AS received_s,
        value, unit
    FROM samples JOIN streams USING (stream);
CREATE VIEW IF NOT EXISTS last_values AS
    SELECT source, channel, MAX(occurred_ns) / 1e9 AS occurred_s, received_ns / 1e9 AS received_s,
        value, unit
    FROM samples JOIN streams USING (stream) GROUP BY stream ORDER BY source, channel;
CREATE VIEW IF NOT EXISTS custody_chain AS
    SELECT tube, occurred_ns / 1e9 AS occurred_s, received_ns / 1e9 AS received_s, source, step,
        status, place, json_extract(record, '$.destination') AS destination,
        json_extract(record, '$.counterpart') AS counterpart,
        json_extract(record, '$.evidence.verified_by') AS verified_by,
        json_extract(record, '$.evidence.reading') AS reading
    FROM custody ORDER BY tube, occurred_ns, source, sequence;
"""

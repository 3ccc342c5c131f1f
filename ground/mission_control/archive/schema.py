"""The tables of a run's archive, and the views in which a person reads them.

Times ending in `_ns` are nanoseconds of mission time: `occurred_ns` by the spacecraft's own stamp,
`received_ns` when it was on the ground. The views show seconds, and sols since landing with local
mean solar time.
"""

from flight.astrodynamics.mars_time import SOL_SECONDS

VERSION = 4
REPORTS_OF_A_BOOT = 1_000_000_000
"""More than a vehicle makes in one boot: boot times this, and the number, is one order."""
PLACE = f"(boot * {REPORTS_OF_A_BOOT} + number)"
"""Of an event in all that its source says: of the boots, in each by number."""


def _sol_text(column: str) -> str:
    """SQL for a column of nanoseconds as sols since landing and local mean solar time; null where
    there is none, or the archive was made without a clock."""
    ticks = (
        f"CAST((SELECT sols_at_zero FROM mission_clock) * 86400.0 "
        f"+ {column} / 1e9 * {86400.0 / SOL_SECONDS!r} + 0.001 AS INTEGER)"
    )
    return (
        f"CASE WHEN {ticks} IS NULL THEN NULL ELSE printf('Sol %03d %02d:%02d:%02d', "
        f"{ticks} / 86400, {ticks} / 3600 % 24, {ticks} / 60 % 60, {ticks} % 60) END"
    )


# Rungs of one instant, in the order in which they were climbed.
RUNG_ORDER = """CASE rung WHEN 'RECEIVED' THEN 0 WHEN 'ACCEPTED' THEN 1 WHEN 'STARTED' THEN 2
        WHEN 'PROGRESS' THEN 3 ELSE 4 END"""

NEWEST_BLOCK = """number = (
            SELECT number FROM sample_blocks AS newest WHERE newest.stream = blocks.stream
            AND news_ns IS NOT NULL ORDER BY news_ns DESC LIMIT 1)"""


def samples_where(sound: str, blocks: str = "1") -> str:
    """SQL for a row for each sample, of what is `sound`, and of the `blocks` that are wanted."""
    row = (
        "json_extract(one.value, '$[0]') AS occurred_ns, json_extract(one.value, '$[1]') AS place, "
        "json_extract(one.value, '$[2]') AS received_ns, json_extract(one.value, '$[3]') AS value, "
        "json_extract(one.value, '$[4]') AS news"
    )
    return (
        f"SELECT stream, {row} FROM sample_blocks AS blocks, json_each(blocks.rows) AS one "
        f"WHERE {sound} AND {blocks} UNION ALL "
        f"SELECT CAST(streams_.key AS INTEGER) AS stream, {row} FROM sample_log AS log, "
        f"json_each(log.rows) AS streams_, json_each(streams_.value) AS one WHERE {sound}"
    )


# Columns of a key stand first and in its order: SQLite's check of the file relies on it.
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS mission_clock (
    one INTEGER PRIMARY KEY CHECK (one = 1), sols_at_zero REAL NOT NULL
);

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

CREATE TABLE IF NOT EXISTS attempts (
    identifier TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    spacecraft TEXT NOT NULL,
    sent_ns INTEGER NOT NULL,
    expected_ns INTEGER NOT NULL,
    PRIMARY KEY (identifier, attempt)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS passes (
    vehicle TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    predicted_ns INTEGER NOT NULL,
    PRIMARY KEY (vehicle, start_ns)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS light_times (
    time_ns INTEGER PRIMARY KEY, seconds REAL NOT NULL, moratorium INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS link_states (
    spacecraft TEXT NOT NULL,
    since_ns INTEGER NOT NULL,
    up INTEGER NOT NULL,
    rate_bps REAL NOT NULL,
    PRIMARY KEY (spacecraft, since_ns)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS rungs (
    identifier TEXT NOT NULL,
    occurred_ns INTEGER NOT NULL,
    rung TEXT NOT NULL,
    repeated INTEGER NOT NULL,
    received_ns INTEGER NOT NULL,
    detail TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (identifier, occurred_ns, rung, repeated)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rungs_by_reception ON rungs (received_ns);

CREATE TABLE IF NOT EXISTS events (
    source TEXT NOT NULL,
    occurred_ns INTEGER NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    severity TEXT NOT NULL,
    received_ns INTEGER NOT NULL,
    text TEXT NOT NULL,
    data TEXT NOT NULL,
    boot INTEGER NOT NULL,
    PRIMARY KEY (source, occurred_ns, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS events_by_name ON events (source, name, occurred_ns);
CREATE INDEX IF NOT EXISTS events_by_reception ON events (received_ns);

CREATE TABLE IF NOT EXISTS streams (
    stream INTEGER PRIMARY KEY, source TEXT NOT NULL, channel TEXT NOT NULL, unit TEXT NOT NULL,
    UNIQUE (source, channel)
);
CREATE TABLE IF NOT EXISTS reports ( -- of telemetry that are kept: a copy is known by it
    source TEXT NOT NULL, place INTEGER NOT NULL, occurred_ns INTEGER NOT NULL,
    PRIMARY KEY (source, place, occurred_ns)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sample_log ( -- what is in no block yet: rows by stream, as they came
    number INTEGER PRIMARY KEY, samples INTEGER NOT NULL, checksum INTEGER NOT NULL,
    rows TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS sample_blocks (
    number INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    first_ns INTEGER NOT NULL,
    last_ns INTEGER NOT NULL,
    news_ns INTEGER, -- receipt of the first that was news
    checksum INTEGER NOT NULL,
    rows TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS blocks_by_begin ON sample_blocks (stream, first_ns, last_ns);
CREATE INDEX IF NOT EXISTS blocks_by_end ON sample_blocks (stream, last_ns);
CREATE INDEX IF NOT EXISTS blocks_by_news ON sample_blocks (stream, news_ns)
    WHERE news_ns IS NOT NULL;

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
CREATE INDEX IF NOT EXISTS downlinks_by_reception ON downlinks (received_ns);

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
    note TEXT NOT NULL,
    last_place INTEGER NOT NULL,
    owner TEXT NOT NULL DEFAULT '',
    notes TEXT NOT NULL DEFAULT '[]',
    latched INTEGER NOT NULL DEFAULT 0,
    shelved_until_ns INTEGER,
    shelved_by TEXT NOT NULL DEFAULT '',
    shelved_why TEXT NOT NULL DEFAULT '',
    shelved_rank INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS procedure_log (
    number INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, step TEXT NOT NULL, text TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS journal (
    number INTEGER PRIMARY KEY,
    time_ns INTEGER NOT NULL,
    topic TEXT NOT NULL,
    what TEXT NOT NULL,
    who TEXT NOT NULL,
    vehicle TEXT NOT NULL,
    data TEXT NOT NULL,
    key TEXT UNIQUE
);
CREATE INDEX IF NOT EXISTS journal_by_topic ON journal (topic, number);

CREATE VIEW IF NOT EXISTS samples AS {samples_where("json_valid(rows)")};
CREATE VIEW IF NOT EXISTS command_history AS
    SELECT number, identifier, vehicle, name, arguments, stage, issued_ns / 1e9 AS issued_s,
        sent_ns / 1e9 AS sent_s, expected_ns / 1e9 AS answer_expected_s, attempts,
        COALESCE(verdict, 'under way') AS verdict, verdict_ns / 1e9 AS verdict_s,
        CASE late WHEN 1 THEN 'late' ELSE '' END AS late, detail,
        {_sol_text("issued_ns")} AS issued, {_sol_text("sent_ns")} AS sent,
        {_sol_text("verdict_ns")} AS ended
    FROM commands ORDER BY number;
CREATE VIEW IF NOT EXISTS ladder AS
    SELECT commands.number, rungs.identifier, vehicle, name, rung, rungs.occurred_ns / 1e9
        AS occurred_s, rungs.received_ns / 1e9 AS received_s, rungs.detail, repeated
    FROM rungs JOIN commands USING (identifier)
    ORDER BY commands.number, rungs.occurred_ns, {RUNG_ORDER}, rungs.received_ns;
CREATE VIEW IF NOT EXISTS event_log AS
    SELECT occurred_ns / 1e9 AS occurred_s, received_ns / 1e9 AS received_s, source, severity,
        name, text, {_sol_text("occurred_ns")} AS occurred, {_sol_text("received_ns")} AS received
    FROM events ORDER BY occurred_ns, source, number;
CREATE VIEW IF NOT EXISTS telemetry AS
    SELECT source, channel, occurred_ns / 1e9 AS occurred_s, received_ns / 1e9 AS received_s,
        value, unit
    FROM samples JOIN streams USING (stream);
CREATE VIEW IF NOT EXISTS last_values AS
    SELECT source, channel, occurred_ns / 1e9 AS occurred_s, received_ns / 1e9 AS received_s,
        value, unit
    FROM (
        SELECT *, ROW_NUMBER() OVER (
            PARTITION BY stream ORDER BY received_ns DESC, place DESC) AS age
        FROM ({samples_where("json_valid(rows)", NEWEST_BLOCK)}) WHERE news
    ) JOIN streams USING (stream) WHERE age = 1
    ORDER BY source, channel;
CREATE VIEW IF NOT EXISTS command_attempts AS
    SELECT commands.number, identifier, vehicle, name, stage, attempt, spacecraft AS link,
        attempts.sent_ns / 1e9 AS sent_s, {_sol_text("attempts.sent_ns")} AS sent,
        attempts.expected_ns / 1e9 AS answer_expected_s,
        {_sol_text("attempts.expected_ns")} AS answer_expected,
        COALESCE(verdict, 'under way') AS verdict, verdict_ns / 1e9 AS verdict_s,
        {_sol_text("verdict_ns")} AS ended
    FROM attempts JOIN commands USING (identifier) ORDER BY commands.number, attempt;
CREATE VIEW IF NOT EXISTS pass_list AS
    SELECT vehicle, start_ns / 1e9 AS start_s, end_ns / 1e9 AS end_s,
        {_sol_text("start_ns")} AS start, {_sol_text("end_ns")} AS end_of_pass,
        predicted_ns / 1e9 AS predicted_s
    FROM passes ORDER BY start_ns, vehicle;
CREATE VIEW IF NOT EXISTS custody_chain AS
    SELECT tube, occurred_ns / 1e9 AS occurred_s, received_ns / 1e9 AS received_s, source, step,
        status, place, json_extract(record, '$.destination') AS destination,
        json_extract(record, '$.counterpart') AS counterpart,
        json_extract(record, '$.evidence.verified_by') AS verified_by,
        json_extract(record, '$.evidence.reading') AS reading
    FROM custody ORDER BY tube, occurred_ns, source, sequence;
"""

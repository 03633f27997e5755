"""Owns the tables of the `postgres` backend and the statements over them; every write is one statement.

documents  one row a document: lineage, serial, the lock's id and holder, and the document whole as of `base_serial`
journal    what was made durable since, a row a write
backups    the document as it was before each of the last applies
"""

from __future__ import annotations

from psycopg import sql

TABLES = """
CREATE TABLE IF NOT EXISTS {schema}.documents (
    environment text NOT NULL, deployment text NOT NULL,
    lineage text NOT NULL, serial bigint NOT NULL, lock text, holder text,
    base bytea, base_serial bigint NOT NULL,
    PRIMARY KEY (environment, deployment));
CREATE TABLE IF NOT EXISTS {schema}.journal (
    environment text NOT NULL, deployment text NOT NULL, serial bigint NOT NULL, line bytea NOT NULL,
    PRIMARY KEY (environment, deployment, serial),
    FOREIGN KEY (environment, deployment) REFERENCES {schema}.documents ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS {schema}.backups (
    environment text NOT NULL, deployment text NOT NULL, serial bigint NOT NULL,
    kept timestamptz NOT NULL DEFAULT now(), document bytea NOT NULL);
"""

# Nothing may move a document but its lock's holder, from the serial it knows: no row matches otherwise.
OURS = "environment = %(environment)s AND deployment = %(deployment)s AND lock = %(lock)s AND serial = %(serial)s"

LOOK = """
SELECT lineage, serial, lock, holder, base, base_serial FROM {schema}.documents
WHERE environment = %(environment)s AND deployment = %(deployment)s
"""
LINES = """
SELECT line FROM {schema}.journal
WHERE environment = %(environment)s AND deployment = %(deployment)s AND serial > %(base_serial)s ORDER BY serial
"""
LINE = """
SELECT line FROM {schema}.journal
WHERE environment = %(environment)s AND deployment = %(deployment)s AND serial = %(next)s
"""
LIST = """
SELECT environment, deployment FROM {schema}.documents WHERE serial > 0 ORDER BY environment, deployment
"""
CLAIM = """
INSERT INTO {schema}.documents (environment, deployment, lineage, serial, lock, holder, base, base_serial)
VALUES (%(environment)s, %(deployment)s, %(lineage)s, 0, %(lock)s, %(holder)s, NULL, 0)
ON CONFLICT (environment, deployment) DO UPDATE SET lock = excluded.lock, holder = excluded.holder
"""
RELEASE = """
UPDATE {schema}.documents SET lock = NULL, holder = NULL
WHERE environment = %(environment)s AND deployment = %(deployment)s AND lock = %(lock)s
"""
UNLOCK = """
UPDATE {schema}.documents SET lock = NULL, holder = NULL
WHERE environment = %(environment)s AND deployment = %(deployment)s
"""
APPEND = f"""
WITH moved AS (UPDATE {{schema}}.documents SET serial = %(next)s WHERE {OURS} RETURNING environment, deployment)
INSERT INTO {{schema}}.journal (environment, deployment, serial, line)
SELECT environment, deployment, %(next)s, %(line)s FROM moved
"""
WHOLE = f"""
WITH moved AS (
    UPDATE {{schema}}.documents SET base = %(base)s, base_serial = %(serial)s WHERE {OURS}
    RETURNING environment, deployment),
folded AS (
    DELETE FROM {{schema}}.journal USING moved
    WHERE journal.environment = moved.environment AND journal.deployment = moved.deployment
    AND journal.serial <= %(serial)s)
SELECT count(*) FROM moved
"""
KEEP = """
INSERT INTO {schema}.backups (environment, deployment, serial, document)
VALUES (%(environment)s, %(deployment)s, %(serial)s, %(base)s)
"""
TRIM = """
DELETE FROM {schema}.backups WHERE environment = %(environment)s AND deployment = %(deployment)s
AND serial <> ALL (%(needed)s::bigint[]) AND kept NOT IN (
    SELECT kept FROM {schema}.backups WHERE environment = %(environment)s AND deployment = %(deployment)s
    ORDER BY kept DESC LIMIT %(keep)s)
"""
KEPT = """
SELECT serial, kept FROM {schema}.backups WHERE environment = %(environment)s AND deployment = %(deployment)s
ORDER BY kept DESC
"""
COPY = """
SELECT document FROM {schema}.backups
WHERE environment = %(environment)s AND deployment = %(deployment)s AND serial = %(serial)s AND kept = %(kept)s
"""
REPLACE = f"""
UPDATE {{schema}}.documents SET lineage = %(lineage)s, serial = %(next)s, base = %(base)s, base_serial = %(next)s
WHERE {OURS}
"""
CLEAR = """
DELETE FROM {schema}.journal WHERE environment = %(environment)s AND deployment = %(deployment)s
"""
HOLDERS = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
AND ((classid::bigint << 32) | objid::bigint) = %(number)s
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def statement(text: str, schema: str) -> sql.Composed:
    """One of the statements above for the tables of a schema."""
    return sql.SQL(text).format(schema=sql.Identifier(schema))

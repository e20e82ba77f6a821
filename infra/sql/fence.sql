-- Who may write here, and how far replication has come; alike on both sides.
-- The tables belong to the fence. Every statement may run twice.

CREATE DATABASE IF NOT EXISTS shifter;

-- One row. A fence or an opening comes with an epoch, and is refused if the row's is higher.
CREATE TABLE IF NOT EXISTS shifter.fence (
    one TINYINT UNSIGNED NOT NULL PRIMARY KEY,
    -- the side that this database is: whoever was led to the wrong one sees it here
    side VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    epoch BIGINT UNSIGNED NOT NULL,
    -- whether the application's users have the rights of grants/app.sql,
    -- or those of grants/app-fenced.sql
    writable BOOLEAN NOT NULL,
    -- cutover:<cutover_id>; empty before the first cutover
    holder VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    CONSTRAINT only_one_row CHECK (one = 1)
) ENGINE = InnoDB;

-- A marker for each direction: written here, it is on the other side once everything
-- before it is. The only tables of this schema that are replicated.
CREATE TABLE IF NOT EXISTS shifter.marker_forward (
    marker CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    written_at DATETIME(6) NOT NULL
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS shifter.marker_reverse (
    marker CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    written_at DATETIME(6) NOT NULL
) ENGINE = InnoDB;

-- What a rotation writes to see that a new password may write, and takes back.
-- Every statement may run twice.

CREATE DATABASE IF NOT EXISTS shifter;

CREATE TABLE IF NOT EXISTS shifter.rotation_probe (
    token CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY
) ENGINE = InnoDB;

-- The tables of the payment service (sample_app), alike on both sides.
-- They are made before replication begins, because DMS makes no indexes.
-- Every statement may run twice. The database is chosen by the session.
--
-- Names and keys are compared byte by byte: a key in capitals is another key.

CREATE TABLE IF NOT EXISTS payments (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    idempotency_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    merchant VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount_minor BIGINT UNSIGNED NOT NULL,
    currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    -- a token of the vault that keeps the cards; never a card
    method VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    lane VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    taken_at DATETIME(6) NOT NULL,
    UNIQUE KEY once (idempotency_key)
) ENGINE = InnoDB;

-- The ledger: for each currency, the sum of the totals is the sum of the payments.
CREATE TABLE IF NOT EXISTS merchant_totals (
    merchant VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    total_minor BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (merchant, currency)
) ENGINE = InnoDB;

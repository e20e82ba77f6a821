-- The fence, which takes and gives the application's right to write.
-- A user can pass on only what it has itself, so it has all of grants/app.sql.

GRANT SELECT, INSERT, UPDATE, DELETE ON paymentdb.* TO {account} WITH GRANT OPTION;
GRANT SELECT, INSERT ON shifter.rotation_probe TO {account} WITH GRANT OPTION;
GRANT SELECT, INSERT, UPDATE ON shifter.fence TO {account};
GRANT SELECT, INSERT, DELETE ON shifter.marker_forward TO {account};
GRANT SELECT, INSERT, DELETE ON shifter.marker_reverse TO {account};
-- to see the sessions of others, and end them
GRANT PROCESS ON *.* TO {account};
GRANT EXECUTE ON PROCEDURE mysql.rds_kill TO {account};
-- to list who could write, on whichever level; no passwords, not even as hashes
GRANT SELECT (Host, User, Insert_priv, Update_priv, Delete_priv) ON mysql.user TO {account};
GRANT SELECT ON mysql.db TO {account};
GRANT SELECT ON mysql.tables_priv TO {account};
GRANT SELECT ON mysql.columns_priv TO {account};
GRANT SELECT ON mysql.role_edges TO {account};

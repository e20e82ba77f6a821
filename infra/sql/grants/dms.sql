-- Replication, which reads and writes on both sides, fenced or not.
-- AWS documentation: AWS DMS user guide, "Using a MySQL-compatible database as a source",
-- "Using a MySQL-compatible database as a target" and "Control table task settings".

GRANT REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO {account};
-- the forward task brings changes of the tables themselves, too
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON paymentdb.* TO {account};
GRANT SELECT, INSERT, UPDATE, DELETE ON shifter.marker_forward TO {account};
GRANT SELECT, INSERT, UPDATE, DELETE ON shifter.marker_reverse TO {account};
-- A single underscore would stand for any letter.
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON `awsdms\_control`.* TO {account};
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON `awsdms\_loop\_blue`.* TO {account};
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON `awsdms\_loop\_green`.* TO {account};
GRANT SELECT, INSERT ON shifter.rotation_probe TO {account};

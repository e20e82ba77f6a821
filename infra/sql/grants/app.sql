-- The application, on a side that takes writes. What it has beyond grants/app-fenced.sql
-- is what a fence revokes and an opening grants.

GRANT SELECT, INSERT, UPDATE, DELETE ON paymentdb.* TO {account};
-- rotation proves with it that a new password may write
GRANT SELECT, INSERT ON shifter.rotation_probe TO {account};

-- The application, on a side that takes no writes: it answers health checks, and no more.

GRANT SELECT ON paymentdb.* TO {account};
GRANT SELECT ON shifter.rotation_probe TO {account};

-- The schemas in which DMS keeps its own tables, as infra/dms/settings-*.json names them.
-- Both are on both sides, though each side's tasks use one of the two for loops.
-- Every statement may run twice.

CREATE DATABASE IF NOT EXISTS awsdms_control;
CREATE DATABASE IF NOT EXISTS awsdms_loop_blue;
CREATE DATABASE IF NOT EXISTS awsdms_loop_green;

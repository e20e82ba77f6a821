"""The files of infra/sql, read: the statements of a script, and the rights of a role.

Whoever opens a database as its administrator shares this; it imports nothing of theirs.
"""

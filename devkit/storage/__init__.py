"""SQLite: the schema, the connections, one repository per area, seeding. SQL lives here and nowhere else.

Repositories are plain functions over a `sqlite3.Connection`; services hand them to a `Database`, which knows where they
may run: `read` in the loop's own thread (bounded index reads), `write` on the one writer, `scan` off the loop.
"""

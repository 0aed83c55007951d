"""DuckDB in the process. JOB THREADS OUT FIRST END LOGS, as by_insights.sh."""

import sys

import duckdb
from queries import queries

_, job, threads, out, first, end, logs = sys.argv
connection = duckdb.connect(config={"threads": int(threads), "temp_directory": out + "/.temporary", "preserve_insertion_order": False})
for query, rows in queries("duckdb", job, out, first, end, logs):
    connection.sql(f"COPY ({query}) TO '{rows}' (FORMAT csv, DELIMITER '\t', HEADER false, QUOTE '', ESCAPE '', NULL '\\N')")

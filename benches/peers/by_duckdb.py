"""DuckDB in the process. JOB THREADS OUT FIRST END LOGS, as by_insights.sh."""

import os
import sys

import duckdb

_, job, threads, out, first, end, logs = sys.argv
with open(f"{os.path.dirname(os.path.abspath(__file__))}/sql/duckdb-{job}.sql", encoding="utf-8") as text:
    query = text.read().replace("LOGS", f"{logs}/*.gz").replace("FIRST", first).replace("END_DAY", end)
connection = duckdb.connect(config={"threads": int(threads), "temp_directory": out + "/.temporary", "preserve_insertion_order": False})
connection.sql(f"COPY ({query}) TO '{out}/rows' (FORMAT csv, DELIMITER '\t', HEADER false, QUOTE '', ESCAPE '', NULL '\\N')")

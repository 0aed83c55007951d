"""ClickHouse in the process (chdb). JOB THREADS OUT FIRST END LOGS, as by_insights.sh."""

import os
import sys

import chdb

_, job, threads, out, first, end, logs = sys.argv
with open(f"{os.path.dirname(os.path.abspath(__file__))}/sql/clickhouse-{job}.sql", encoding="utf-8") as text:
    query = text.read().replace("LOGS", f"{logs}/*.gz").replace("FIRST", first).replace("END_DAY", end)
rows = chdb.query(f"{query}\nSETTINGS max_threads = {threads}", "TabSeparatedRaw")
with open(f"{out}/rows", "wb") as file:
    file.write(rows.bytes())

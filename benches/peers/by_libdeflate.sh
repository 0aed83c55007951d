#!/usr/bin/env bash
# Inflates and throws away, by the fastest library. JOB THREADS OUT FIRST END LOGS, as by_insights.sh.
set -euo pipefail
for file in "$6"/*.gz; do
    libdeflate-gunzip -c "$file" >/dev/null
done

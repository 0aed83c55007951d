#!/usr/bin/env bash
# jaq with the filter of jq. JOB THREADS OUT FIRST END LOGS, as by_insights.sh.
set -euo pipefail
JQ=$JAQ exec bash "${0%/*}/by_jq.sh" "$@"

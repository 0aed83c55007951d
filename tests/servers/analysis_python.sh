#!/usr/bin/env bash
# Installs what analysts read files with (DuckDB, pandas, PyArrow), and prints a line to be eval'ed: ANALYSIS_PYTHON, a Python that has it.
#
#   tests/servers/analysis_python.sh
#
# Needs Python with venv. It is installed once into $INSIGHTS_TEST_CACHE (default target/test-cache).
set -eu
# shellcheck source=tests/servers/process.sh
. "$(dirname "$0")/process.sh"

install() {
    [ ! -e "$cache/analysis/complete" ] || return 0
    {
        rm -rf "$cache/analysis" && python3 -m venv "$cache/analysis" &&
            "$cache/analysis/bin/pip" install --quiet --disable-pip-version-check 'duckdb==2.0.1' 'pandas==3.1.1' 'pyarrow==26.0.1'
    } >"$cache/analysis.log" 2>&1 || fail "DuckDB, pandas and PyArrow could not be installed, which needs Python with venv; see $cache/analysis.log."
    touch "$cache/analysis/complete"
}

alone "$cache/analysis.lock" install
echo "ANALYSIS_PYTHON=$cache/analysis/bin/python"

#!/usr/bin/env bash
# Whether the peers of the benchmarks still make the rows that the programs make; how long it takes is not looked at.
#
#   tests/run/bench.sh INSIGHTS
#
# ANALYSIS_PYTHON, a Python with DuckDB, is of tests/servers/analysis_python.sh.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export INSIGHTS_BENCH_CACHE=$work INSIGHTS_BINARY=$1 BENCH_PYTHON=${ANALYSIS_PYTHON:?set by tests/servers/analysis_python.sh}
benches/run.sh --quick --peers duckdb

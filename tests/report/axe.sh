#!/usr/bin/env bash
# Fetches the accessibility checker that tests run in their pages, and prints where it is: tests/report/axe.sh DIR
set -eu
mkdir -p "$1"
npm install --prefix "$1" --no-audit --no-fund --ignore-scripts --silent axe-core@4 >&2
echo "TEST_AXE_JS=$(cd "$1" && pwd)/node_modules/axe-core/axe.min.js"

#!/usr/bin/env bash
# Copies the documents that are handed out, and what their links lead to, into a directory. packaging/build.sh calls it.
#
#   packaging/documents.sh DIR
set -eu
[ $# -eq 1 ] || { sed -n '4s/^# *//p' "$0" >&2; exit 2; }
out=$(realpath -m "$1")
cd "$(dirname "$0")/.."
mkdir -p "$out/benches"
cp -R LICENSE README.md CHANGELOG.md CONTRIBUTING.md docs jobs emr packaging "$out/"
cp benches/RESULTS.md "$out/benches/"

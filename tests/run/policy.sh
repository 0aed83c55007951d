#!/usr/bin/env bash
# Checks what is linked against deny.toml: licences, sources, crates in several versions.
set -eu
cd "$(dirname "$0")/../.."
python3 tests/run/policy.py
# It knows the texts of licences besides; the version of PyPI is too old for this file. What the file has in vain is a breach to both.
! cargo deny --version >/dev/null 2>&1 || cargo deny --locked check \
    -D unmatched-skip -D unnecessary-skip -D license-not-encountered licenses bans sources

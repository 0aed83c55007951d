#!/usr/bin/env bash
# Checks what is linked against deny.toml: licences, sources, crates in several versions.
set -eu
cd "$(dirname "$0")/../.."
python3 tests/run/policy.py
# It knows the texts of licences besides; the version of PyPI is too old for this file.
! cargo deny --version >/dev/null 2>&1 || cargo deny --locked check licenses bans sources

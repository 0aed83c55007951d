#!/usr/bin/env bash
# Installs axe-core, which finds what keeps people from reading a page, and prints a line to be eval'ed: AXE_CORE, the script that a
# browser runs in the page.
#
#   tests/servers/axe_core.sh
#
# Needs npm. It is installed once into $INSIGHTS_TEST_CACHE (default target/test-cache).
set -eu
# shellcheck source=tests/servers/process.sh
. "$(dirname "$0")/process.sh"

script=$cache/axe/node_modules/axe-core/axe.min.js

install() {
    [ ! -e "$cache/axe/complete" ] || return 0
    mkdir -p "$cache/axe"
    npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$cache/axe" axe-core@4.14.1 >"$cache/axe.log" 2>&1 ||
        fail "axe-core could not be installed, which needs npm; see $cache/axe.log."
    touch "$cache/axe/complete"
}

alone "$cache/axe.lock" install
echo "AXE_CORE=$script"

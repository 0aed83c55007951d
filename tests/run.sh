#!/usr/bin/env bash
# Installs what the tests need, runs all of them, and closes with the line "N passed, N failed".
set -u
cd "$(dirname "$0")/.."

if ! PATH=$PATH:/usr/sbin command -v mariadbd >/dev/null; then
    echo "Installing MariaDB from the distribution's packages" >&2
    as_root=$([ "$(id -u)" = 0 ] || echo sudo)
    $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq mariadb-server >/dev/null ||
        { echo "mariadb-server could not be installed. Install it by hand and run again." >&2; exit 1; }
fi

work=$(mktemp -d)
passed=0
failed=0
cleanup() {
    tests/servers/mariadb.sh stop "$work/mariadb" || true
    rm -rf "$work"
}
trap cleanup EXIT

check() {
    echo "== $*"
    if "$@" >"$work/check.log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        tail -n 60 "$work/check.log"
        echo "FAILED: $*"
    fi
}

tally() {
    cat "$work/tests.log"
    while read -r ok bad; do
        passed=$((passed + ok))
        failed=$((failed + bad))
    done < <(sed -nE 's/^(test result: .*\. |conformance: )([0-9]+) passed[;,] ([0-9]+) failed.*/\2 \3/p' "$work/tests.log")
}

check cargo fmt --check
check cargo clippy --quiet --all-targets -- -D warnings

if values=$(tests/servers/mariadb.sh start "$work/mariadb"); then
    while IFS= read -r line; do export "${line?}"; done <<<"$values"
else
    echo "FAILED: MariaDB did not start"
    failed=$((failed + 1))
fi

cargo test --no-fail-fast -- --quiet >"$work/tests.log" 2>&1
status=$?
tally
# A test binary that crashes or does not compile has no result line.
if [ $status -ne 0 ] && [ $failed -eq 0 ]; then failed=1; fi

check cargo run --release --quiet -- demo --directory "$work/demo"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]

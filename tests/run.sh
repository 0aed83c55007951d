#!/usr/bin/env bash
# Installs what the tests need, runs all of them, and closes with the line "N passed, N failed".
set -u
cd "$(dirname "$0")/.."

# needs PROGRAM PACKAGE...: installs the distribution's packages if the program is not there.
needs() {
    program=$1
    shift
    PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || installs "$@"
}

installs() {
    echo "Installing $* from the distribution's packages" >&2
    as_root=$([ "$(id -u)" = 0 ] || echo sudo)
    $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq "$@" >/dev/null ||
        { echo "$* could not be installed. Install by hand and run again." >&2; exit 1; }
}
needs mariadbd mariadb-server
needs javac default-jdk-headless
needs mvn maven
needs unzip unzip
needs curl curl
needs shellcheck shellcheck
needs python3 python3
python3 -c 'import ensurepip, venv' 2>/dev/null || installs python3-venv

work=$(mktemp -d)
passed=0
failed=0
cleanup() {
    for server in mariadb elasticsearch opensearch hadoop s3 emr; do
        tests/servers/$server.sh stop "$work/$server" || true
    done
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
check shellcheck -x emr/*.sh emr/jar/*.sh emr/examples/*.sh tests/servers/emr.sh
check python3 -c 'compile(open("emr/examples/airflow_insights.py").read(), "airflow_insights.py", "exec")'

# start SERVER [ACTION [NAME]]: starts a server and exports the values that tests read.
start() {
    if values=$(tests/servers/$1.sh "${2:-start}" "$work/${3:-$1}"); then
        while IFS= read -r line; do export "${line?}"; done <<<"$values"
    else
        echo "FAILED: $1 did not start"
        failed=$((failed + 1))
    fi
}
start mariadb
start elasticsearch
start opensearch
start hadoop
start hadoop local hadoop-local
start s3
start emr

cargo test --no-fail-fast -- --quiet >"$work/tests.log" 2>&1
status=$?
tally
# A test binary that crashes or does not compile has no result line.
if [ $status -ne 0 ] && [ $failed -eq 0 ]; then failed=1; fi

check cargo run --release --quiet -- demo --directory "$work/demo"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]

#!/usr/bin/env bash
# Starts and stops an S3 endpoint (the moto server) of its own below a directory. It keeps everything in memory.
#
#   tests/servers/s3.sh start DIR     starts it on a free port of 127.0.0.1, makes a bucket, and prints lines to be eval'ed:
#                                     TEST_S3_ENDPOINT, TEST_S3_BUCKET, and what the AWS tools read: AWS_ENDPOINT_URL, AWS_REGION,
#                                     AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
#   tests/servers/s3.sh stop DIR      stops it; its content is gone
#   tests/servers/s3.sh install DIR   only installs it
#
# It also answers for EMR and the other services that moto knows. Any key is accepted until keys are asked for, with
# curl --data 0 "$TEST_S3_ENDPOINT/moto-api/reset-auth"; then they are checked as AWS does.
# Needs curl and Python with venv; the server is installed once into $INSIGHTS_TEST_CACHE (default target/test-cache).
set -eu
# shellcheck source=tests/servers/process.sh
. "$(dirname "$0")/process.sh"

[ $# -eq 2 ] || fail "usage: $0 start|stop|install DIR"
mkdir -p "$2"
directory=$(cd "$2" && pwd)
# Not its script moto_server, which knows its interpreter by the path that it was installed at: a moved clone would not find it.
server=("$cache/moto/bin/python" -m moto.server)
pid_file=$directory/s3.pid

install() {
    [ -e "$cache/moto/complete" ] || alone "$cache/moto.lock" install_alone
}

install_alone() {
    [ ! -e "$cache/moto/complete" ] || return 0
    {
        rm -rf "$cache/moto" && python3 -m venv "$cache/moto" &&
            "$cache/moto/bin/pip" install --quiet --disable-pip-version-check 'moto[server]==5.2.5' boto3
    } >"$cache/moto.log" 2>&1 || fail "the moto server could not be installed, which needs Python with venv (Debian: python3-venv); see $cache/moto.log."
    touch "$cache/moto/complete"
}

make_bucket() {
    endpoint=http://127.0.0.1:$port
    curl -sf --max-time 30 -X PUT "$endpoint/insights-test" >/dev/null || fail "the server answers, but makes no bucket; see $directory/s3.log."
    cat <<VALUES
TEST_S3_ENDPOINT=$endpoint
TEST_S3_BUCKET=insights-test
AWS_ENDPOINT_URL=$endpoint
AWS_REGION=us-east-1
AWS_ACCESS_KEY_ID=insights
AWS_SECRET_ACCESS_KEY=insights-test
VALUES
}

start() {
    install
    not_running "$pid_file"
    port=$(free_port)
    setsid "${server[@]}" -H 127.0.0.1 -p "$port" >"$directory/s3.log" 2>&1 </dev/null &
    echo $! >"$pid_file"
    for _ in $(seq 600); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            make_bucket
            return
        fi
        alive "$pid_file" || fail "the server ended while starting; see $directory/s3.log."
        sleep 0.5
    done
    fail "the server did not start within five minutes; see $directory/s3.log."
}

case $1 in
start) start ;;
stop) end "$pid_file" ;;
install) install ;;
*) fail "unknown action $1: start, stop or install" ;;
esac

# shellcheck shell=bash
# Requests to AWS: each can be interrupted at once, and is made again while AWS says that it is busy.
#
# Every return in these files has a number: without one, bash gives functions called at the end of the script (the EXIT trap) the
# status that the script had before.

request=''          # the process of the request under way
sleeper=''
answer=''
refusal=''
most_attempts=12    # of one request: with the pauses between them about eight minutes
longest_pause=60

# ask ARGUMENTS...: aws ARGUMENTS, made again after passing refusals. The answer is in $answer, the last refusal in $refusal.
ask() {
    local attempt
    for ((attempt = 1; ; attempt++)); do
        ask_once "$@" && return 0
        is_passing && [ $attempt -lt $most_attempts ] || return 1
        back_off $attempt
    done
}

# ask_once ARGUMENTS...: the same with one request.
ask_once() {
    # In the background, so that bash acts on a signal at once and not when the request is over. The request itself ignores
    # signals: one that creates a cluster has to bring its answer home even when somebody presses Ctrl-C. One attempt: the CLI's
    # own repetitions would not look whether the first request did create something.
    (
        trap '' INT TERM HUP
        [ "$1" = s3 ] || export AWS_MAX_ATTEMPTS=1
        exec aws --cli-connect-timeout 20 --cli-read-timeout 60 "$@"
    ) >"$work/answer" 2>"$work/refusal" </dev/null &
    request=$!
    await_request
}

# await_request: waits for the request under way; $answer and $refusal are what it left.
await_request() {
    [ -n "$request" ] || return 0
    wait "$request"
    local result=$?
    request=''
    answer=$(cat "$work/answer")
    refusal=$(tr -s '\n' ' ' <"$work/refusal")
    return $result
}

# is_passing: whether the last refusal is one that time heals.
is_passing() {
    local busy='Throttl|RequestLimitExceeded|TooManyRequests|Rate exceeded|SlowDown|ServiceUnavailable|Internal ?(Server|Failure|Error)'
    local lost='\(5[0-9][0-9]\)|Could not connect|Connection (was closed|reset|aborted)|timed out|timeout on endpoint|RequestTimeout|EndpointConnectionError'
    [[ $refusal =~ $busy|$lost ]]
}

# back_off ATTEMPT: a pause that doubles, with chance in it so that many who were refused at once do not return at once.
back_off() {
    local shift=$(($1 > 6 ? 5 : $1 - 1))
    local pause=$((EMR_RETRY_SECONDS << shift))
    [ $pause -le $longest_pause ] || pause=$longest_pause
    nap $((pause + RANDOM % (pause / 4 + 1)))
}

# nap SECONDS: a sleep that signals end at once.
nap() {
    sleep "$1" &
    sleeper=$!
    wait "$sleeper"
    sleeper=''
}

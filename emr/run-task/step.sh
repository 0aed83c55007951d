# shellcheck shell=bash
# The step: the driver on the master, its arguments as JSON.

reducers_per_unit=3     # emr/README.md has the reasons

# has_option NAME OPTIONS...: whether the option is given, with its value in the same word or in the next.
has_option() {
    local name=$1 word
    shift
    for word in "$@"; do
        case $word in "$name" | "$name"=*) return 0 ;; esac
    done
    return 1
}

# choose_reducers TASK OPTIONS...: the words to add, in the array $reducers.
choose_reducers() {
    local number capacity units=0
    reducers=()
    ! has_option --n-reduce-tasks "$@" || return 0
    # These commands are no task.
    case $1 in together | plan | job | list | demo | generate) return 0 ;; esac
    if [ -n "${NUM_REDUCE_TASKS:-}" ]; then
        number=$NUM_REDUCE_TASKS
    elif ask emr list-instance-fleets --cluster-id "$cluster" \
        --query "InstanceFleets[?InstanceFleetType!='MASTER'].[TargetOnDemandCapacity,TargetSpotCapacity]" --output text; then
        for capacity in $answer; do
            [[ ! $capacity =~ ^[0-9]+$ ]] || units=$((units + capacity))
        done
        number=$((units * reducers_per_unit))
    else
        say "the number of reducers is the driver's default, as the capacity of the cluster could not be learnt: $refusal"
        return 0
    fi
    [ "$number" -gt 0 ] || return 0
    reducers=(--n-reduce-tasks "$number")
}

# describe_step TASK OPTIONS...: the step as far as it is known before there is a cluster: $task, its options in the array $options,
# and $step_json up to the end of the arguments. Ends the script if an option cannot be transmitted.
describe_step() {
    local configs=() location word number=1
    task=$1
    options=("${@:2}")
    for word in "$@"; do
        json_string "$word" || fail_setting "argument $number is not valid UTF-8, which EMR cannot transmit."
        number=$((number + 1))
    done
    # The later one wins, as the secure configuration always did.
    for location in "${OVERRIDE_CONFIG:-}" "${SECURE_CONFIG:-}"; do
        [ -z "$location" ] || configs+=(--config "$location")
    done
    json_list /opt/insights/bin/insights --runner hadoop ${configs[@]+"${configs[@]}"} "$@"
    json_string "$task"
    step_json="{\"Type\": \"CUSTOM_JAR\", \"Name\": $json, \"ActionOnFailure\": \"CANCEL_AND_WAIT\", \"Jar\": \"command-runner.jar\","
    step_json+=" \"Args\": ${json_texts%]}"
}

# run_step: adds the step; its id is in $step.
run_step() {
    local attempt word
    choose_reducers "$task" ${options[@]+"${options[@]}"}
    for word in ${reducers[@]+"${reducers[@]}"}; do step_json+=", \"$word\""; done
    echo "[$step_json]}]" >"$work/steps.json"
    for ((attempt = 1; ; attempt++)); do
        if ask_once emr add-steps --cluster-id "$cluster" --steps "file://$work/steps.json" --query 'StepIds[0]' --output text; then
            step=$answer
            break
        fi
        reason=$refusal
        if ! is_passing || [ $attempt -ge "$most_attempts" ]; then
            fail_infrastructure "the step could not be added: $reason"
        fi
        back_off $attempt
        # The cluster is ours alone: a step that is there is the one whose answer was lost.
        if ask emr list-steps --cluster-id "$cluster" --query 'Steps[].Id' --output text && [[ $answer == s-* ]]; then
            step=${answer%%[[:space:]]*}
            break
        fi
    done
    say "step $step: $task${reducers[*]:+ ${reducers[*]}}"
}

# await_step: until the step has ended; $outcome is its state, $failure what EMR says of it.
await_step() {
    local reason message
    while :; do
        ask emr describe-step --cluster-id "$cluster" --step-id "$step" \
            --query 'Step.Status.[State,FailureDetails.Reason,FailureDetails.Message]' --output text ||
            fail_infrastructure "the state of the step could not be learnt: $refusal"
        IFS=$'\t' read -r outcome reason message <<<"$answer"
        failure="$reason $message"
        [ "$failure" != 'None None' ] || failure='EMR gives no reason'
        progress "$task $outcome"
        case $outcome in COMPLETED | FAILED | CANCELLED | INTERRUPTED) return 0 ;; esac
        # A step of a cluster that has gone stays as it was for a while.
        cluster_state "$cluster" || fail_infrastructure "the state of the cluster could not be learnt: $refusal"
        case $state in TERMINAT*) outcome=LOST && return 0 ;; esac
        nap "$poll_seconds"
    done
}

# driver_code: the driver's own exit code if the logs tell it, else nothing.
driver_code() {
    local logs=("$workspace/logs/controller" "$workspace/logs/stderr") code
    # The first is command-runner's word of the driver itself, the second EMR's word of command-runner.
    code=$(sed -nE "s/.*Command exiting with ret '([0-9]+)'.*/\1/p" "${logs[@]}" 2>/dev/null | tail -n 1)
    [ -n "$code" ] || code=$(sed -nE 's/.*Step failed with exitCode ([0-9]+).*/\1/p' "${logs[0]}" 2>/dev/null | tail -n 1)
    echo "$code"
}

tell_result() {
    local code
    case $outcome in
    COMPLETED)
        say "$task is done."
        succeeded=true
        return 0
        ;;
    FAILED)
        show_logs
        code=$(driver_code)
        say "$task failed${code:+ with exit code $code} ($failure). Logs: $workspace/logs"
        # Codes of the driver that tell more than "failed": wrong options, another run at work, input missing.
        case $code in 2 | 10 | 20) exit "$code" ;; esac
        exit 30
        ;;
    esac
    show_logs
    fail_infrastructure "$task did not run to its end: step $outcome ($failure), cluster ${state_reason:-unknown}. Logs: $workspace/logs"
}

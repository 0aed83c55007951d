# shellcheck shell=bash
# The cluster: created from the template, found again if its id was lost, terminated.

most_tries=3
pause_between_tries=5

# provision: a cluster that takes steps, in $cluster. Three tries, as EC2 may have no machines for one of them.
provision() {
    local try
    write_template
    for ((try = 1; ; try++)); do
        reason=''
        retriable=true
        if create_cluster && await_start; then return 0; fi
        say "no cluster at try $try of $most_tries: $reason"
        [ $retriable = true ] || fail_infrastructure "another try would end in the same way."
        [ $try -lt $most_tries ] || fail_infrastructure "no cluster could be started."
        # A cluster that failed to start ends by itself; one that only took too long would go on.
        [ -z "$cluster" ] || ask emr terminate-clusters --cluster-ids "$cluster" || true
        cluster=''
        nap $((pause_between_tries * (EMR_RETRY_SECONDS > 0)))
    done
}

# write_template: what depends on settings, as files: they are read as they are, whatever characters they have.
write_template() {
    local attributes arguments=("$EMR_PACKAGE")
    json_list "${subnets[@]}"
    json_string "$EMR_INSTANCE_PROFILE"
    attributes="\"InstanceProfile\": $json, \"SubnetIds\": $json_texts"
    if [ ${#security_groups[@]} -gt 0 ]; then
        json_list "${security_groups[@]}"
        attributes+=", \"AdditionalMasterSecurityGroups\": $json_texts, \"AdditionalSlaveSecurityGroups\": $json_texts"
    fi
    echo "{$attributes}" >"$work/ec2-attributes.json"
    [ -z "${EMR_PACKAGE_SHA256:-}" ] || arguments+=("$EMR_PACKAGE_SHA256")
    json_list "${arguments[@]}"
    json_string "${EMR_PACKAGE%/*}/install.sh"
    echo "[{\"Name\": \"insights\", \"Path\": $json, \"Args\": $json_texts}]" >"$work/bootstrap-actions.json"
}

create_cluster() {
    local attempt optional=()
    [ -z "${EMR_SECURITY_CONFIGURATION:-}" ] || optional=(--security-configuration "$EMR_SECURITY_CONFIGURATION")
    progress "asking for a cluster ($release in $AWS_REGION)"
    for ((attempt = 1; ; attempt++)); do
        creations=$((creations + 1))
        if ask_once emr create-cluster --name "$cluster_name $run" --release-label "$release" --applications Name=Hadoop \
            --instance-fleets "file://$template/instance-fleets.json" --configurations "file://$template/configurations.json" \
            --auto-termination-policy "file://$template/auto-termination-policy.json" \
            --ec2-attributes "file://$work/ec2-attributes.json" --bootstrap-actions "file://$work/bootstrap-actions.json" \
            --service-role "$EMR_SERVICE_ROLE" --log-uri "$log_uri" --no-termination-protected --no-auto-terminate \
            --tags for-use-with-amazon-emr-managed-policies=true "insights-run=$run" ${optional[@]+"${optional[@]}"} \
            --query ClusterId --output text; then
            cluster=$answer
            say "cluster $cluster ($cluster_name $run)"
            return 0
        fi
        reason=$refusal
        if ! is_passing; then
            retriable=false
            # The first request was refused for good: there is nothing to look for.
            [ "$creations" -gt 1 ] || creations=0
            return 1
        fi
        [ $attempt -lt "$most_attempts" ] || return 1
        back_off $attempt
        # The request may have succeeded and only its answer be lost.
        if find_clusters && [ -n "$found" ]; then
            cluster=${found%% *}
            say "cluster $cluster ($cluster_name $run) was created, though the answer was lost"
            return 0
        fi
    done
}

# find_clusters: ids of the clusters of this run that are not terminated, in $found.
find_clusters() {
    found=''
    ask emr list-clusters --cluster-states STARTING BOOTSTRAPPING RUNNING WAITING \
        --query "Clusters[?ends_with(Name, '$run')].Id" --output text || return 1
    local word
    for word in $answer; do
        [[ $word != j-* ]] || found+="${found:+ }$word"
    done
}

# cluster_state CLUSTER: its state in $state, and why it is so in $state_reason.
cluster_state() {
    local code message
    ask emr describe-cluster --cluster-id "$1" \
        --query 'Cluster.Status.[State,StateChangeReason.Code,StateChangeReason.Message]' --output text || return 1
    IFS=$'\t' read -r state code message <<<"$answer"
    reason_code=${code:-None}
    state_reason="$state, $reason_code: ${message:-None}"
}

# await_start: until the cluster takes steps.
await_start() {
    local until=$((SECONDS + EMR_START_SECONDS))
    while [ $SECONDS -le $until ]; do
        if ! cluster_state "$cluster"; then
            reason="its state could not be learnt: $refusal"
            return 1
        fi
        progress "cluster $state"
        case $state in
        WAITING | RUNNING) return 0 ;;
        TERMINAT*)
            reason="$cluster is $state_reason"
            # What a setting or the bootstrap action did wrong, it does wrong again.
            case $reason_code in VALIDATION_ERROR | BOOTSTRAP_FAILURE | USER_REQUEST) retriable=false ;; esac
            return 1
            ;;
        esac
        nap "$poll_seconds"
    done
    reason="$cluster did not start within $EMR_START_SECONDS seconds"
    return 1
}

# terminate_clusters: terminates every cluster of this run, makes sure of it and says so. Fails if it cannot.
terminate_clusters() {
    local look ids id unsure until=$((SECONDS + 1800))
    for ((look = 1; look <= 5 && SECONDS < until; look++)); do
        unsure=false
        ids=$cluster
        # The one that we know is terminated before anything else: whoever interrupts may not leave us much time.
        for id in $ids; do terminate_cluster "$id" || unsure=true; done
        if [ -z "$cluster" ] || [ "$creations" -gt 1 ]; then
            find_clusters || unsure=true
            for id in $found; do
                [ "$id" != "$cluster" ] || continue
                ids+=" $id"
                terminate_cluster "$id" || unsure=true
            done
            # A list may lag behind what was created a moment ago.
            [ -n "$ids" ] || [ $look -ge 3 ] || unsure=true
        fi
        if [ $unsure = false ]; then
            say "${ids:+terminated }${ids:-no cluster was created}"
            return 0
        fi
        nap "$poll_seconds"
    done
    end_progress
    return 1
}

tell_of_uncertain_cluster() {
    say "IT IS NOT CERTAIN THAT THE CLUSTER WAS TERMINATED. Look at once, and terminate it by hand:"
    say "  aws emr list-clusters --active --region $AWS_REGION      # its name ends with $run ${cluster:+(its id is $cluster)}"
    say "  aws emr terminate-clusters --region $AWS_REGION --cluster-ids ${cluster:-ID}"
}

# terminate_cluster CLUSTER: succeeds when its state says so.
terminate_cluster() {
    progress "terminating $1"
    ask emr terminate-clusters --cluster-ids "$1" || say "$1: $refusal"
    cluster_state "$1" && [[ $state == TERMINAT* ]]
}

tell_of_kept_cluster() {
    [ -n "$cluster" ] || { find_clusters && cluster=$found; }
    [ -n "$cluster" ] || return 0
    say "TERMINATE=false: the cluster is kept and goes on costing money. It ends by itself after the idle time of its template, or by:"
    say "  aws emr terminate-clusters --region $AWS_REGION --cluster-ids $cluster"
}

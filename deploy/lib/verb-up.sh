# shellcheck shell=bash
# The verbs of the stack that stays: up, down, status and env.

readonly STACK_PRODUCTS=(wallet-fleet wallet-ingress wallet-sandbox walletctl)
readonly OTHER_START_MS=180000

refuse_arguments() { # VERB [ARGUMENT…]
    (($# == 1)) || usage_error "$1 takes no arguments: $2"
}

verb_up() {
    refuse_arguments up "$@"
    use_instance stack
    if instance_runs; then
        await_other_start
        return 0
    fi
    ensure_packages "${NEEDED_TO_RUN[@]}"
    ensure_versions
    end_all_on_exit
    build_release "${STACK_PRODUCTS[@]}"
    local code=0
    start_supervisor detached stack kept || code=$?
    if ((code == EXIT_ALREADY_RUNS)); then
        await_other_start
        return 0
    fi
    ((code == 0)) || exit "$code"
    leave_running
}

# The verb ends and the supervisor stays.
leave_running() {
    SUPERVISOR_PID=''
    say "the stack runs; its environment is in .local/env, its logs are in .local/log, deploy/local down stops it"
}

# Somebody else's `up` holds the lock: it runs already, or will in a moment.
await_other_start() {
    now_ms
    local deadline=$((REPLY + OTHER_START_MS))
    until read_pid_file "$RUN/ready"; do
        instance_runs ||
            fail "the stack was being started elsewhere, and that start failed" "Run deploy/local up again."
        now_ms
        ((REPLY < deadline)) || fail "the stack is being started elsewhere, but is not ready" "See .local/log."
        pause 0.2
    done
    say "the stack runs already"
}

verb_down() {
    refuse_arguments down "$@"
    use_instance stack
    if read_pid_file "$RUN/supervisor.pid"; then
        SUPERVISOR_PID=$TRACKED_PID SUPERVISOR_START=$TRACKED_START
        stop_supervisor
    elif instance_runs; then
        fail "something holds $LOCK, but the supervisor is not known" "If an up has only just begun, repeat down."
    else
        sweep_leftovers
        say "the stack does not run"
    fi
    rm -f -- "$ENVIRONMENT_FILE"
}

verb_status() {
    refuse_arguments status "$@"
    use_instance stack
    load_ports "$INSTANCE/ports"
    local name state restarts all_run=1
    printf '%-16s %8s %6s %-11s %8s\n' NAME PID PORT STATE RESTARTS
    if read_pid_file "$RUN/supervisor.pid"; then
        printf '%-16s %8s %6s %-11s %8s\n' supervisor "$TRACKED_PID" - running -
    else
        printf '%-16s %8s %6s %-11s %8s\n' supervisor - - stopped -
        all_run=0
    fi
    for name in "${SERVER_NAMES[@]}" "${WALLET_NAMES[@]}"; do
        state=stopped restarts=-
        { read -r state restarts <"$RUN/$name.state"; } 2>/dev/null || true
        if ! read_pid_file "$RUN/$name.pid"; then
            TRACKED_PID=-
            [[ $state != running ]] || state=stopped
        fi
        [[ $state == running ]] || all_run=0
        printf '%-16s %8s %6s %-11s %8s\n' "$name" "$TRACKED_PID" "$(service_port "$name")" "$state" "$restarts"
    done
    ((all_run)) || return 1
}

verb_env() {
    [[ ${1:-} != -- ]] || shift
    (($#)) || usage_error "env needs a command: deploy/local env -- COMMAND"
    use_instance stack
    [[ -r $ENVIRONMENT_FILE ]] || fail "there is no .local/env: the stack does not run" "Start it with deploy/local up."
    # shellcheck source=/dev/null
    . "$ENVIRONMENT_FILE"
    PATH=$(<"$INSTANCE/programs"):$PATH
    exec {PAUSE_FD}>&-
    exec "$@"
}

# shellcheck shell=bash
# How a verb starts an instance's supervisor, follows its progress, and ends it again.

readonly SUPERVISOR_STOP_MS=90000
SUPERVISOR_PID='' SUPERVISOR_START=''

# An attached supervisor ends when the verb does, however that one ends; a detached one stays.
start_supervisor() { # attached|detached LEVEL fresh|kept
    local bound=() code=0 file progress written
    [[ $1 == detached ]] || bound=(setpriv --pdeathsig TERM --)
    # A file that has no name any more: nothing to tidy up, and no pipe whose reader may go away.
    file=$(mktemp "$LOCAL/.progress.XXXXXX")
    exec {progress}<"$file" {written}>>"$file"
    rm -f -- "$file"
    setsid env --default-signal=INT,QUIT DEPLOY_STARTED_MS="$STARTED_MS" ${bound[@]+"${bound[@]}"} \
        bash "$LIB/supervisor.sh" "$ROOT" "$INSTANCE_NAME" "$2" "$3" "${WALLET_PROGRAMS:-}" \
        </dev/null >&"$written" 2>&1 {PAUSE_FD}>&- {progress}<&- {written}>&- &
    SUPERVISOR_PID=$!
    exec {written}>&-
    inspect_process "$SUPERVISOR_PID" && SUPERVISOR_START=$PROCESS_START
    until supervisor_is_ready; do
        relay_progress "$progress"
        if ! alive "$SUPERVISOR_PID" "$SUPERVISOR_START"; then
            wait "$SUPERVISOR_PID" || code=$?
            SUPERVISOR_PID=''
            break
        fi
        pause 0.1
    done
    relay_progress "$progress"
    exec {progress}<&-
    return "$code"
}

supervisor_is_ready() {
    read_pid_file "$RUN/ready" && [[ $TRACKED_PID == "$SUPERVISOR_PID" ]]
}

relay_progress() { # DESCRIPTOR
    local line
    while IFS= read -r -u "$1" line; do printf '%s\n' "$line" >&2; done
}

# A supervisor that does not end in time is killed; what it started dies with it.
stop_supervisor() {
    [[ -n $SUPERVISOR_PID ]] || return 0
    say "stopping ($INSTANCE_NAME)"
    kill -s TERM "$SUPERVISOR_PID" 2>/dev/null || true
    if ! await_gone "$SUPERVISOR_PID" "$SUPERVISOR_START" "$SUPERVISOR_STOP_MS"; then
        kill -s KILL "$SUPERVISOR_PID" 2>/dev/null || true
        await_gone "$SUPERVISOR_PID" "$SUPERVISOR_START" "$HELPERS_GRACE_MS" || true
    fi
    SUPERVISOR_PID=''
    sweep_leftovers
    say "stopped, nothing is left running"
}

# From here on every way out of the verb ends what it started.
end_all_on_exit() {
    trap 'end_all $?' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
}

end_all() { # STATUS
    trap '' INT TERM HUP
    set +e
    end_child
    stop_supervisor
    exit "$1"
}

# For the foreground verbs: an instance of their own, from nothing.
start_fresh_instance() { # LEVEL
    local code=0
    start_supervisor attached "$1" fresh || code=$?
    ((code != EXIT_ALREADY_RUNS)) ||
        fail "deploy/local $INSTANCE_NAME runs already in this clone" "Wait for it to end, or interrupt it."
    ((code == 0)) || exit "$code"
}

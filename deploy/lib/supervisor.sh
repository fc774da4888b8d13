#!/bin/bash
# The supervisor of one instance: starts its servers and wallet processes, restarts what dies, ends all of it.
# Usage: supervisor.sh ROOT INSTANCE LEVEL FRESH PROGRAMS, started by the verbs, in a session of its own.
#   LEVEL     servers | prepared (and tables and queues) | stack (and the wallet's processes)
#   FRESH     fresh | kept: whether the instance's data is removed first
#   PROGRAMS  the folder of the wallet's executables
# Ends with 75 when the instance runs already.
set -euo pipefail
umask 077

ROOT=$1 LEVEL=$3 FRESH=$4 WALLET_PROGRAMS=$5
LIB=$ROOT/deploy/lib
for part in common processes ports secrets certificates instance environment postgres rabbitmq redis wallet services; do
    # shellcheck source=/dev/null
    . "$LIB/$part.sh"
done
use_instance "$2"

readonly BACKOFF_FIRST_MS=200 BACKOFF_MAX_MS=5000 SETTLED_AFTER_MS=30000
# How a process ends that refuses to start: the broker is not as it has to be, or its configuration is wrong. Somebody
# has to do something first, so it is tried again only now and then.
readonly EXIT_REFUSES_TOPOLOGY=69 EXIT_REFUSES_CONFIGURATION=78 REFUSED_PAUSE_MS=30000
readonly STARTS_WHILE_STARTING_MAX=3 TICK_SECONDS=0.2
readonly BUILD_ADVICE="Without WALLET_BIN, deploy/local builds what it needs."

declare -A PID=() START_TIME=() STOP_SIGNAL=() SPAWNED_MS=() RESTARTS=() BACKOFF_MS=() RESTART_AT_MS=() REFUSED=()
WANTED=()
STEP_PID=''

record() { # TEXT… (into the supervisor's log, with the time of day)
    printf '%(%Y-%m-%dT%H:%M:%S%z)T %s\n' -1 "$*" >>"$LOGS/supervisor.log"
}

set_state() { # NAME STATE
    printf '%s %s\n' "$2" "${RESTARTS[$1]:-0}" >"$RUN/$1.state.new"
    mv -f -- "$RUN/$1.state.new" "$RUN/$1.state"
}

launch() { # NAME
    local name=$1 COMMAND=() BEFORE=() DEATH_SIGNAL=KILL parent=$BASHPID
    STOP_SIGNAL[$name]=TERM
    describe_service "$name"
    (
        exec 9>&- {PAUSE_FD}>&-
        export "${WALLET_ENVIRONMENT[@]}"
        exec_bound "$parent" "$DEATH_SIGNAL" "${COMMAND[@]}"
    ) </dev/null >>"$LOGS/$name.log" 2>&1 &
    PID[$name]=$!
    write_pid_file "$RUN/$name.pid" "$!"
    START_TIME[$name]=$PROCESS_START
    now_ms
    SPAWNED_MS[$name]=$REPLY
    unset "RESTART_AT_MS[$name]"
}

# Runs something that ends by itself, in a way a signal can interrupt and that dies with us.
run_step() { # LOG FUNCTION-OR-COMMAND…
    local log=$LOGS/$1.log status=0
    shift
    (
        exec 9>&- {PAUSE_FD}>&-
        "$@"
    ) </dev/null >>"$log" 2>&1 &
    STEP_PID=$!
    wait "$STEP_PID" || status=$?
    STEP_PID=''
    ((status == 0)) || show_log_tail "$log"
    return "$status"
}

exec_wallet_step() { # PARENT COMMAND…
    export "${WALLET_ENVIRONMENT[@]}"
    exec_bound "$1" TERM "${@:2}"
}

start_service() { # NAME
    WANTED+=("$1")
    RESTARTS[$1]=0 BACKOFF_MS[$1]=$BACKOFF_FIRST_MS
    say "starting $(service_title "$1")"
    launch "$1"
    set_state "$1" starting
    record "started $1, pid ${PID[$1]}"
}

# Waits until each is ready. What dies meanwhile is started again, but not for ever.
await_services() { # SECONDS_MAX NAME…
    local name deadline
    now_ms
    deadline=$((REPLY + $1 * 1000))
    shift
    for name in "$@"; do
        until alive "${PID[$name]}" "${START_TIME[$name]}" && probe_service "$name"; do
            restart_the_dead
            if [[ -n ${REFUSED[$name]:-} ]]; then
                show_log_tail "$LOGS/$name.log"
                fail "$(service_title "$name") refuses to start (${REFUSED[$name]})" \
                    "Its log above says what is wrong and what to do; the whole of it is $LOGS/$name.log."
            fi
            now_ms
            if ((REPLY > deadline || RESTARTS[$name] >= STARTS_WHILE_STARTING_MAX)); then
                show_log_tail "$LOGS/$name.log"
                fail "$(service_title "$name") did not become ready" \
                    "It was started $((RESTARTS[$name] + 1)) time(s). The whole log is $LOGS/$name.log."
            fi
            pause 0.1
        done
        listens_only_locally "${PID[$name]}" ||
            fail "$name listens on more than 127.0.0.1: $STRAY_LISTENER" "Everything was stopped again."
        set_state "$name" running
    done
}

restart_the_dead() {
    local name now
    now_ms
    now=$REPLY
    for name in "${WANTED[@]}"; do
        if [[ -n ${RESTART_AT_MS[$name]:-} ]]; then
            ((now >= RESTART_AT_MS[$name])) || continue
            launch "$name"
            set_state "$name" running
            record "restarted $name, pid ${PID[$name]}, restart ${RESTARTS[$name]}"
        elif ! alive "${PID[$name]}" "${START_TIME[$name]}"; then
            plan_restart "$name" "$now"
        fi
    done
}

plan_restart() { # NAME NOW_MS
    local name=$1 now=$2 status=0
    wait "${PID[$name]}" 2>/dev/null || status=$?
    ((now - SPAWNED_MS[$name] < SETTLED_AFTER_MS)) || BACKOFF_MS[$name]=$BACKOFF_FIRST_MS
    RESTARTS[$name]=$((RESTARTS[$name] + 1))
    rm -f -- "$RUN/$name.pid"
    if ((status == EXIT_REFUSES_TOPOLOGY || status == EXIT_REFUSES_CONFIGURATION)); then
        REFUSED[$name]=$status
        RESTART_AT_MS[$name]=$((now + REFUSED_PAUSE_MS))
        record "$name (pid ${PID[$name]}) refuses to start, $status, next try in $REFUSED_PAUSE_MS ms"
        set_state "$name" refused
        return
    fi
    unset "REFUSED[$name]"
    RESTART_AT_MS[$name]=$((now + BACKOFF_MS[$name]))
    record "$name (pid ${PID[$name]}) ended with $status, next start in ${BACKOFF_MS[$name]} ms"
    BACKOFF_MS[$name]=$((BACKOFF_MS[$name] * 2 < BACKOFF_MAX_MS ? BACKOFF_MS[$name] * 2 : BACKOFF_MAX_MS))
    set_state "$name" restarting
}

stop_everything() {
    trap '' TERM INT HUP
    local status=$1 index name
    set +e
    rm -f -- "$RUN/ready"
    if [[ -n $STEP_PID ]] && inspect_process "$STEP_PID"; then
        end_process "$STEP_PID" "$PROCESS_START" TERM "$STOP_GRACE_MS"
    fi
    for ((index = ${#WANTED[@]} - 1; index >= 0; index--)); do
        name=${WANTED[index]}
        set_state "$name" stopping
        end_process "${PID[$name]}" "${START_TIME[$name]}" "${STOP_SIGNAL[$name]}" "$STOP_GRACE_MS"
        record "stopped $name"
        rm -f -- "$RUN/$name.pid" "$RUN/$name.state"
    done
    rm -f -- "$RUN/supervisor.pid"
    [[ $INSTANCE_NAME != stack ]] || rm -f -- "$ENVIRONMENT_FILE"
    record "supervisor ended with $status"
    exit "$status"
}

take_lock() {
    exec 9>"$LOCK"
    flock --wait 2 9 || exit "$EXIT_ALREADY_RUNS"
}

rotate_logs() {
    local log
    mkdir -p -- "$LOGS"
    for log in "$LOGS"/*.log; do
        [[ ! -e $log ]] || mv -f -- "$log" "$log.1"
    done
}

prepare_instance() {
    mkdir -p -- "$INSTANCE" "$RUN"
    sweep_leftovers
    if [[ $FRESH == fresh ]]; then
        wipe_instance
        mkdir -p -- "$INSTANCE" "$RUN"
    fi
    rotate_logs
    write_pid_file "$RUN/supervisor.pid" "$BASHPID"
    choose_ports "$INSTANCE/ports"
    load_passwords "$SECRETS"
    make_secrets "$SECRETS"
    ! offers_tls || make_certificates "$(certificate_folder)"
    if [[ $LEVEL == servers ]]; then test_environment; else wallet_environment; fi
    printf '%s' "$WALLET_PROGRAMS" >"$INSTANCE/programs"
}

start_servers() {
    prepare_rabbitmq
    prepare_redis
    # The broker takes longest, so it starts first and the others while it does.
    start_service epmd
    await_services 10 epmd
    start_service rabbitmq
    prepare_postgres
    start_service postgres
    start_service redis
    await_services 60 postgres redis
    make_database || {
        show_log_tail "$LOGS/postgres.log"
        fail "psql could not create the roles and the database wallet"
    }
    await_services 90 rabbitmq
    guest_is_absent || fail "the broker's user guest exists, or its users cannot be listed"
}

prepare_wallet() {
    wallet_program walletctl || fail "walletctl is missing" "$BUILD_ADVICE"
    say "walletctl migrate"
    run_step migrate exec_wallet_step "$BASHPID" "$WALLET_PROGRAMS/walletctl" migrate ||
        fail "walletctl migrate failed" "The servers were stopped again; its whole log is $LOGS/migrate.log."
    say "walletctl topology declare"
    run_step topology exec_wallet_step "$BASHPID" "$WALLET_PROGRAMS/walletctl" topology declare ||
        fail "walletctl topology declare failed" "The servers were stopped again; its whole log is $LOGS/topology.log."
}

start_wallet() {
    local name
    for name in wallet-sandbox wallet-fleet wallet-ingress; do
        wallet_program "$name" || fail "$name is missing" "$BUILD_ADVICE"
        start_service "$name"
        await_services 60 "$name"
    done
}

main() {
    take_lock
    trap 'stop_everything $?' EXIT
    trap 'exit 0' TERM INT
    trap '' HUP
    prepare_instance
    start_servers
    [[ $LEVEL == servers ]] || prepare_wallet
    [[ $LEVEL != stack ]] || start_wallet
    write_environment "$ENVIRONMENT_FILE"
    say "everything is ready"
    record "ready: ${WANTED[*]}"
    write_pid_file "$RUN/ready" "$BASHPID"
    # The verb that watched the start goes its way; from here on standard error is the log.
    exec >>"$LOGS/supervisor.log" 2>&1
    while :; do
        restart_the_dead
        pause "$TICK_SECONDS"
    done
}

main

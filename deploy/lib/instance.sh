# shellcheck shell=bash
# An instance: one set of servers and wallet processes with a folder, ports, secrets and a lock of its own.
# `up` has .local/stack; demo, test and bench have theirs, so that each can run beside the others.

readonly INSTANCE_NAMES=(stack demo test bench)

use_instance() { # NAME
    INSTANCE_NAME=$1
    LOCAL=$ROOT/.local
    INSTANCE=$LOCAL/$1
    RUN=$INSTANCE/run
    LOGS=$INSTANCE/log
    SECRETS=$INSTANCE/secrets
    LOCK=$LOCAL/$1.lock
    # The stack's environment and logs lie where the documentation says; the others keep theirs inside.
    ENVIRONMENT_FILE=$INSTANCE/env
    if [[ $1 == stack ]]; then
        ENVIRONMENT_FILE=$LOCAL/env
        LOGS=$LOCAL/log
    fi
    mkdir -p -m 700 -- "$LOCAL"
    [[ -w $LOCAL ]] ||
        fail "$LOCAL cannot be written by user $EUID" "Another user made it: remove it, or run this as that user."
}

# The supervisor holds the lock for as long as it lives, so a held lock is a running instance.
instance_runs() {
    [[ -e $LOCK ]] || return 1
    ! flock --nonblock "$LOCK" true
}

wipe_instance() {
    local name
    for name in "${INSTANCE_NAMES[@]}"; do
        if [[ $INSTANCE == "$LOCAL/$name" ]]; then
            rm -rf -- "$INSTANCE"
            return
        fi
    done
    fail "$INSTANCE is not an instance folder, so it is not removed"
}

# Ends what a supervisor that was killed may have left. Its children die with it, so this is the second net.
sweep_leftovers() {
    local file name
    for file in "$RUN"/*.pid; do
        [[ -e $file ]] || continue
        name=${file##*/}
        if [[ $name != supervisor.pid ]] && read_pid_file "$file"; then
            say "ending ${name%.pid} (pid $TRACKED_PID), left over from a supervisor that was killed"
            end_process "$TRACKED_PID" "$TRACKED_START" TERM 3000
        fi
        rm -f -- "$file" "${file%.pid}.state"
    done
    rm -f -- "$RUN/ready"
}

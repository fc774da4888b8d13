# shellcheck shell=bash
# What every part of deploy/local shares: progress, plain errors, the clock, and a pause that starts no process.

export LC_ALL=C.UTF-8

readonly EXIT_USAGE=64 EXIT_ALREADY_RUNS=75
readonly LOG_TAIL_LINES_MAX=15

# A pipe nobody writes to: reading from it with a time limit is a sleep without a child to leave behind.
exec {PAUSE_FD}<> <(:)

pause() { # SECONDS
    read -rt "$1" -u "$PAUSE_FD" _ || true
}

now_ms() { # → REPLY
    REPLY=$((${EPOCHREALTIME/[.,]/} / 1000))
}

# The supervisor counts from when its verb began.
now_ms
readonly STARTED_MS=${DEPLOY_STARTED_MS:-$REPLY}
unset DEPLOY_STARTED_MS

# Progress goes to stderr, so that what a verb prints can be read by a program.
say() { # TEXT…
    now_ms
    local tenths=$(((REPLY - STARTED_MS) / 100))
    printf '· %s  [%d.%d s]\n' "$*" $((tenths / 10)) $((tenths % 10)) >&2
}

# An error says what failed, what is known about it (one line an argument) and, last, what to do next.
fail() { # WHAT [DETAIL…]
    printf 'deploy/local: %s\n' "$1" >&2
    shift
    local detail
    for detail in "$@"; do printf '  %s\n' "$detail" >&2; done
    exit 1
}

usage_error() { # WHAT
    printf 'deploy/local: %s\nRun deploy/local without a verb to see how it is used.\n' "$1" >&2
    exit "$EXIT_USAGE"
}

show_log_tail() { # FILE
    [[ -s $1 ]] || return 0
    printf '  last lines of %s:\n' "$1" >&2
    tail -n "$LOG_TAIL_LINES_MAX" -- "$1" | sed 's/^/    /' >&2
}

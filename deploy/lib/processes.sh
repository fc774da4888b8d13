# shellcheck shell=bash
# Processes as we track them: a pid together with its start time, so that a pid used again is never signalled.

readonly HELPERS_GRACE_MS=2000

# The parent and start time of a process, or failure when it is gone. A zombie counts as gone.
inspect_process() { # PID → PROCESS_PARENT, PROCESS_START
    local line fields
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The command's name is in brackets and may itself hold brackets and spaces: count from the last one.
    read -ra fields <<<"${line##*) }"
    [[ ${fields[0]} != [ZX] ]] || return 1
    PROCESS_PARENT=${fields[1]} PROCESS_START=${fields[19]}
}

alive() { # PID START
    inspect_process "$1" && [[ $PROCESS_START == "$2" ]]
}

write_pid_file() { # FILE PID
    inspect_process "$2" || PROCESS_START=gone
    printf '%s %s\n' "$2" "$PROCESS_START" >"$1.new"
    mv -f -- "$1.new" "$1"
}

# The live process a pid file names, or failure.
read_pid_file() { # FILE → TRACKED_PID, TRACKED_START
    { read -r TRACKED_PID TRACKED_START <"$1"; } 2>/dev/null || return 1
    alive "$TRACKED_PID" "$TRACKED_START"
}

# Everything below a process, as "pid start", found before it is ended: afterwards the tree is gone.
list_descendants() { # PID → DESCENDANTS
    local -A parents=() starts=()
    local entry pid found=1
    for entry in /proc/[0-9]*; do
        pid=${entry#/proc/}
        inspect_process "$pid" || continue
        parents[$pid]=$PROCESS_PARENT starts[$pid]=$PROCESS_START
    done
    local -A below=(["$1"]=1)
    while ((found)); do
        found=0
        for pid in "${!parents[@]}"; do
            [[ -z ${below[$pid]:-} && -n ${below[${parents[$pid]}]:-} ]] || continue
            below[$pid]=1 found=1
        done
    done
    unset "below[$1]"
    DESCENDANTS=()
    for pid in "${!below[@]}"; do DESCENDANTS+=("$pid ${starts[$pid]}"); done
}

await_gone() { # PID START LIMIT_MS
    now_ms
    local deadline=$((REPLY + $3))
    while alive "$1" "$2"; do
        now_ms
        ((REPLY < deadline)) || return 1
        pause 0.05
    done
}

# Ends a process and whatever it started: the signal, the grace, then KILL; helpers get a moment to notice.
end_process() { # PID START SIGNAL GRACE_MS
    alive "$1" "$2" || return 0
    list_descendants "$1"
    kill -s "$3" "$1" 2>/dev/null || true
    if ! await_gone "$1" "$2" "$4"; then
        kill -s KILL "$1" 2>/dev/null || true
        await_gone "$1" "$2" "$HELPERS_GRACE_MS" || true
    fi
    # Collected here, if it was ours, so that the shell does not report its end in the middle of something else.
    wait "$1" 2>/dev/null || true
    local helper pid start
    for helper in ${DESCENDANTS[@]+"${DESCENDANTS[@]}"}; do
        read -r pid start <<<"$helper"
        await_gone "$pid" "$start" "$HELPERS_GRACE_MS" && continue
        if alive "$pid" "$start"; then kill -s KILL "$pid" 2>/dev/null || true; fi
    done
}

# Replaces the calling subshell by a command that dies with the process named as its parent, even when that one is
# killed. The parent is checked after the request, because one that died before it would never be noticed.
# A background shell ignores INT and QUIT, and children inherit that: undo it.
exec_bound() { # PARENT SIGNAL COMMAND… (BEFORE: what else the process passes through, such as a namespace)
    local parent=$1 signal=$2
    shift 2
    # shellcheck disable=SC2016 # expanded by the inner shell
    exec ${BEFORE[@]+"${BEFORE[@]}"} env --default-signal=INT,QUIT setpriv --pdeathsig "$signal" -- \
        sh -c '[ "$PPID" = "$0" ] || exit 70; exec "$@"' "$parent" "$@"
}

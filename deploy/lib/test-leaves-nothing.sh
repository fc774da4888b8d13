#!/bin/bash
# Starts the stack in a clone of its own, with real servers and stand-ins for the wallet, and ends it in every way
# there is. After each, no process of it may be left, and none of its ports may listen.
set -euo pipefail

HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
for part in common processes ports stand-ins; do
    # shellcheck source=/dev/null
    . "$HERE/$part.sh"
done

readonly DEADLINE_MS=90000 VANISH_MS=15000

# A folder only its owner may enter, with a space in its name: the places a clone may lie in.
PLACE=$(mktemp -d "${TMPDIR:-/tmp}/contacto deploy.XXXXXX")
CLONE=$PLACE/clone
VERB_PID='' VERB_START=''
trap 'tidy_up $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tidy_up() { # STATUS
    trap '' INT TERM
    set +e
    [[ -z $VERB_PID ]] || end_process "$VERB_PID" "$VERB_START" TERM 60000
    "$CLONE/deploy/local" down >/dev/null 2>&1
    rm -rf -- "$PLACE"
    exit "$1"
}

check_failed() { # WHAT
    printf '✘ deploy: %s\n' "$1" >&2
    [[ ! -s $PLACE/output ]] || sed 's/^/    /' "$PLACE/output" >&2
    exit 1
}

passed() { # LAW
    printf '✔ deploy: %s\n' "$1"
}

expect() { # WHAT COMMAND…
    "${@:2}" || check_failed "$1"
}

await() { # LIMIT_MS COMMAND…
    now_ms
    local deadline=$((REPLY + $1))
    until "${@:2}"; do
        now_ms
        ((REPLY < deadline)) || return 1
        pause 0.1
    done
}

# A process is of this clone when its arguments, its working directory or its environment say so.
clone_processes() { # → FOUND
    FOUND=()
    local entry pid
    for entry in /proc/[0-9]*; do
        pid=${entry#/proc/}
        [[ $pid != "$BASHPID" && $pid != "$$" ]] && inspect_process "$pid" || continue
        if [[ $(readlink "$entry/cwd" 2>/dev/null) == "$CLONE"* ]] ||
            grep -qaF -- "$CLONE" "$entry/cmdline" "$entry/environ" 2>/dev/null; then
            FOUND+=("$pid")
        fi
    done
}

clone_ports_listen() {
    local file name
    list_listeners
    for file in "$CLONE"/.local/*/ports; do
        PORT=()
        load_ports "$file"
        for name in "${!PORT[@]}"; do
            if port_is_taken "${PORT[$name]}"; then return 0; fi
        done
    done
    return 1
}

nothing_is_left() {
    clone_processes
    ((${#FOUND[@]} == 0)) && ! clone_ports_listen
}

expect_nothing_left() { # AFTER
    await "$VANISH_MS" nothing_is_left && return 0
    local pid
    for pid in "${FOUND[@]}"; do tr '\0' ' ' <"/proc/$pid/cmdline" >>"$PLACE/output" && echo >>"$PLACE/output"; done
    check_failed "after $1 something is left: processes ${FOUND[*]:-none}"
}

# In a process group of its own, as a terminal would start it, so that the group can be interrupted as Ctrl-C does.
start_verb() { # ARGUMENT…
    setsid env --default-signal=INT,QUIT WALLET_BIN="$PLACE/bin" "$CLONE/deploy/local" "$@" \
        >"$PLACE/output" 2>&1 </dev/null 3</dev/null {PAUSE_FD}>&- &
    VERB_PID=$!
    inspect_process "$VERB_PID"
    VERB_START=$PROCESS_START
}

verb_ends_with() { # CODE
    local code=0
    wait "$VERB_PID" 2>/dev/null || code=$?
    VERB_PID=''
    [[ $code == "$1" ]] || check_failed "the verb ended with $code, not with $1"
}

says() { # TEXT
    grep -qF -- "$1" "$PLACE/output"
}

tracked() { # NAME → TRACKED_PID
    read_pid_file "$CLONE/.local/stack/run/$1.pid" || check_failed "$1 has no live pid"
}

stack_runs() {
    "$CLONE/deploy/local" status >/dev/null 2>&1
}

restarted_once() { # NAME
    local state restarts
    read -r state restarts <"$CLONE/.local/stack/run/$1.state"
    [[ $state == running && $restarts == 1 ]]
}

up_and_down() {
    start_verb up
    verb_ends_with 0
    expect "status must say that all of it runs" stack_runs
    start_verb up
    verb_ends_with 0
    expect "a second up must say that it runs already" says 'runs already'
    clone_processes
    ((${#FOUND[@]} >= 8)) || check_failed "the search for processes sees too few of them: ${FOUND[*]}"
    passed "up starts everything, on 127.0.0.1 alone, and a second up changes nothing"

    local name
    for name in redis wallet-fleet postgres; do
        tracked "$name"
        kill -KILL "$TRACKED_PID"
        await "$DEADLINE_MS" restarted_once "$name" || check_failed "$name was not restarted"
    done
    # shellcheck disable=SC2016 # expanded by the inner shell
    await "$DEADLINE_MS" "$CLONE/deploy/local" env -- sh -c \
        'PGCONNECT_TIMEOUT=2 /usr/lib/postgresql/15/bin/psql "$WALLET_DATABASE" -c "select 1"' >"$PLACE/output" 2>&1 ||
        check_failed "PostgreSQL does not answer after its restart"
    passed "what dies is restarted"

    start_verb down
    verb_ends_with 0
    expect_nothing_left down
    ! stack_runs || check_failed "status must not claim that a stopped stack runs"
    [[ ! -e $CLONE/.local/env ]] || check_failed "down must remove .local/env"
    passed "down leaves nothing, and status says so"
}

refusal_of_other_addresses() {
    : >"$PLACE/bin/listen-everywhere"
    start_verb up
    verb_ends_with 1
    expect "a listener on every address must be named" says 'listens on more than 127.0.0.1'
    rm -- "$PLACE/bin/listen-everywhere"
    expect_nothing_left "a start that failed"
    passed "a process that listens on another address is refused, and everything stopped again"
}

kill_of_the_supervisor() {
    start_verb up
    verb_ends_with 0
    tracked supervisor
    kill -KILL "$TRACKED_PID"
    expect_nothing_left "kill -9 of the supervisor"
    passed "kill -9 of the supervisor leaves nothing"
    start_verb up
    verb_ends_with 0
    start_verb down
    verb_ends_with 0
    expect_nothing_left "down"
    passed "up works again after that, on the same data"
}

interrupted_demo() { # WHAT-IT-SAYS-THEN HOW TARGET-PREFIX CODE
    start_verb demo
    await "$DEADLINE_MS" says "$1" || check_failed "demo did not get as far as: $1"
    kill -s "$2" -- "$3$VERB_PID"
    verb_ends_with "$4"
    expect_nothing_left "$2 at: $1"
    passed "demo leaves nothing after $2${3:+ to its group} at: $1"
}

mkdir -- "$CLONE"
cp -r -- "$HERE/.." "$CLONE/deploy"
write_stand_ins "$PLACE/bin"
up_and_down
refusal_of_other_addresses
kill_of_the_supervisor
interrupted_demo 'starting RabbitMQ' INT - 130
interrupted_demo 'playing a day' INT - 130
interrupted_demo 'playing a day' TERM '' 143
interrupted_demo 'starting PostgreSQL' KILL '' 137

#!/bin/bash
# A RabbitMQ node of a test's own, for what would disturb everybody else: a memory alarm, a broker that stands still.
# Usage: private-broker.sh FOLDER
#   FOLDER is made, and removed at the end. When the node is ready, a line "ready AMQP-URL AMQPS-URL CA-FILE" comes out.
#   Each line in is a command, answered by "done" once it has its effect, or by "failed":
#     alarm, clear     the memory alarm: raised, and gone
#     pause, resume    SIGSTOP and SIGCONT for the node
#   It ends when the input does, so that nothing outlives a test that was killed.
set -euo pipefail
umask 077

LIB=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
for part in common processes ports secrets certificates environment rabbitmq services; do
    # shellcheck source=/dev/null
    . "$LIB/$part.sh"
done

readonly START_MS=60000 COMMAND_MS=10000

mkdir -p -- "$1"
INSTANCE_NAME=test INSTANCE=$(cd -- "$1" && pwd)
LOGS=$INSTANCE/log SECRETS=$INSTANCE/secrets
declare -A PID=() START_TIME=()

launch() { # NAME
    local COMMAND=() BEFORE=() parent=$BASHPID
    "describe_$1"
    (
        exec {PAUSE_FD}>&-
        exec_bound "$parent" KILL "${COMMAND[@]}"
    ) </dev/null >>"$LOGS/$1.log" 2>&1 &
    PID[$1]=$!
    inspect_process "$!" || PROCESS_START=gone
    START_TIME[$1]=$PROCESS_START
}

await_ready() { # NAME
    now_ms
    local deadline=$((REPLY + START_MS))
    until "probe_$1"; do
        now_ms
        if ((REPLY > deadline)) || ! alive "${PID[$1]}" "${START_TIME[$1]}"; then
            show_log_tail "$LOGS/$1.log"
            fail "$1 of the private broker did not become ready"
        fi
        pause 0.1
    done
}

end_everything() { # STATUS
    trap '' TERM INT HUP
    set +e
    local name
    for name in rabbitmq epmd; do
        # Its data goes with it: nothing is lost by KILL, and a paused node answers to nothing else.
        [[ -z ${PID[$name]:-} ]] || end_process "${PID[$name]}" "${START_TIME[$name]}" KILL "$COMMAND_MS"
    done
    rm -rf -- "$INSTANCE"
    exit "$1"
}

obey() { # COMMAND
    case $1 in
        alarm) raise_memory_alarm ;;
        clear) clear_memory_alarm ;;
        pause) kill -s STOP "${PID[rabbitmq]}" ;;
        resume) kill -s CONT "${PID[rabbitmq]}" ;;
        *) return 1 ;;
    esac
}

main() {
    trap 'end_everything $?' EXIT
    trap 'exit 143' TERM INT HUP
    mkdir -p -- "$LOGS"
    choose_ports "$INSTANCE/ports"
    make_secrets "$SECRETS"
    make_certificates "$(certificate_folder)"
    prepare_rabbitmq
    launch epmd
    await_ready epmd
    launch rabbitmq
    await_ready rabbitmq
    printf 'ready %s %s %s\n' "$(amqp_url contacto)" "$(amqps_url contacto)" "$(certificate_folder)/ca.pem"
    local command
    while IFS= read -r command; do
        if obey "$command" 2>>"$LOGS/commands.log" >&2; then printf 'done\n'; else printf 'failed\n'; fi
    done
}

main

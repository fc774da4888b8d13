# shellcheck shell=bash
# The verb demo: everything from nothing, a day of traffic, the checker's verdict, and nothing left.

readonly DEMO_PRODUCTS=(wallet-fleet wallet-ingress wallet-sandbox wallet-demo walletctl)

verb_demo() {
    local arguments=() keep=0
    while (($#)); do
        case $1 in
            --input | --scale)
                (($# > 1)) || usage_error "$1 needs a value"
                demo_option "$1" "$2"
                shift 2
                ;;
            --input=* | --scale=*)
                demo_option "${1%%=*}" "${1#*=}"
                shift
                ;;
            --keep) keep=1 && shift ;;
            *) usage_error "demo does not know $1" ;;
        esac
    done
    ensure_packages "${NEEDED_TO_RUN[@]}"
    ensure_versions
    if ((keep)); then use_instance stack; else use_instance demo; fi
    ((!keep)) || refuse_running_stack
    end_all_on_exit
    build_release "${DEMO_PRODUCTS[@]}"
    if ((keep)); then start_kept_stack; else start_fresh_instance stack; fi
    local code=0
    play_demo ${arguments[@]+"${arguments[@]}"} || code=$?
    if ((keep && code == 0)); then leave_running; fi
    exit "$code"
}

demo_option() { # OPTION VALUE (→ arguments of verb_demo)
    local value=$2
    if [[ $1 == --input ]]; then
        [[ -f $2 && -r $2 ]] || fail "the input file cannot be read: $2"
        value=$(readlink -f -- "$2")
    fi
    arguments+=("$1" "$value")
}

refuse_running_stack() {
    ! instance_runs || fail "the stack runs already, and demo --keep starts a fresh one" "Run deploy/local down first."
}

# A stack that stays is the stack: what an earlier one holds is set aside, never deleted.
start_kept_stack() {
    local aside code=0
    if [[ -e $INSTANCE ]]; then
        printf -v aside '%s.before-%(%Y%m%dT%H%M%S)T' "$INSTANCE" -1
        mv -- "$INSTANCE" "$aside"
        say "the stack's earlier data is now in .local/${aside##*/}"
    fi
    start_supervisor detached stack kept || code=$?
    ((code != EXIT_ALREADY_RUNS)) || { SUPERVISOR_PID='' && fail "the stack was started elsewhere meanwhile"; }
    ((code == 0)) || exit "$code"
}

# The checks run whatever the traffic came to; the first failure decides the exit code.
play_demo() { # ARGUMENT…
    # shellcheck source=/dev/null
    . "$ENVIRONMENT_FILE"
    local failed=0
    say "playing a day of traffic"
    demo_step "$WALLET_PROGRAMS/wallet-demo" "$@" || failed=1
    say "the trial balance"
    demo_step "$WALLET_PROGRAMS/walletctl" ledger trial-balance || failed=1
    say "the checker"
    demo_step "$WALLET_PROGRAMS/walletctl" ledger verify || failed=1
    return "$failed"
}

demo_step() { # COMMAND…
    local code=0
    run_child "$@" || code=$?
    ((code == 0)) && return 0
    local program=${1##*/}
    shift
    printf 'deploy/local: %s ended with %d\n' "$program${*:+ $*}" "$code" >&2
    printf '  The logs of this run are in %s.\n' "$LOGS" >&2
    return "$code"
}

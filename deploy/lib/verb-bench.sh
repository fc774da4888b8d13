# shellcheck shell=bash
# The verb bench: a release build, servers from nothing, and the benchmark's own scenarios.

readonly BENCH_PRODUCTS=(wallet-bench wallet-fleet wallet-ingress wallet-sandbox walletctl)

# Lanes are the benchmark's own, because their number is one of the things it varies; soak is for the processes as
# they are shipped, so there they run.
bench_level() { # ARGUMENT…
    local argument
    for argument in "$@"; do
        [[ $argument != soak ]] || { printf stack && return; }
    done
    printf prepared
}

verb_bench() { # ARGUMENT…
    ensure_packages "${NEEDED_TO_RUN[@]}"
    ensure_versions
    use_instance bench
    end_all_on_exit
    build_release "${BENCH_PRODUCTS[@]}"
    start_fresh_instance "$(bench_level "$@")"
    # shellcheck source=/dev/null
    . "$ENVIRONMENT_FILE"
    export WALLET_BIN=$WALLET_PROGRAMS WALLET_BENCH_RUN=$RUN
    local code=0
    run_child "$WALLET_PROGRAMS/wallet-bench" "$@" || code=$?
    exit "$code"
}

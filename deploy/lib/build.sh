# shellcheck shell=bash
# Building the package, and running anything else in the foreground in a way that Ctrl-C and kill both end.

CHILD_GRACE_MS=10000
CHILD=''

# In the background and waited for, because a trap has to wait for a foreground command to end by itself.
run_child() { # COMMAND…
    local status=0 parent=$BASHPID BEFORE=()
    (exec_bound "$parent" TERM "$@") </dev/null &
    CHILD=$!
    wait "$CHILD" || status=$?
    CHILD=''
    return "$status"
}

end_child() {
    [[ -n $CHILD ]] || return 0
    if inspect_process "$CHILD"; then end_process "$CHILD" "$PROCESS_START" TERM "$CHILD_GRACE_MS"; fi
    CHILD=''
}

# Where the executables are: WALLET_BIN when it is set, otherwise what is built here.
build_release() { # PRODUCT…
    if [[ -n ${WALLET_BIN:-} ]]; then
        WALLET_PROGRAMS=$(cd "$WALLET_BIN" && pwd) || fail "WALLET_BIN is not a folder: $WALLET_BIN"
        say "using the executables in $WALLET_PROGRAMS"
        return 0
    fi
    ensure_packages "${NEEDED_TO_BUILD[@]}"
    ensure_swift
    local product number=0
    for product in "$@"; do
        number=$((number + 1))
        say "building $product for release ($number of $#; the first build takes some minutes)"
        run_child swift build --package-path "$ROOT" -c release --product "$product" >&2 ||
            fail "swift build -c release --product $product failed" "What it says about it is above."
    done
    WALLET_PROGRAMS=$(swift build --package-path "$ROOT" -c release --show-bin-path)
}

build_tests() {
    ensure_packages "${NEEDED_TO_BUILD[@]}"
    ensure_swift
    say "building the tests (the first build takes some minutes)"
    run_child swift build --package-path "$ROOT" --build-tests >&2 ||
        fail "swift build --build-tests failed" "What it says about it is above."
    WALLET_PROGRAMS=$(swift build --package-path "$ROOT" --show-bin-path)
}

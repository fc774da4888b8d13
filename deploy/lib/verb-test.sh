# shellcheck shell=bash
# The verb test: the layers there are tests for, on servers of their own.

readonly LAYERS=(unit integration fleet faults simulation documents deploy)
# Layers that are scripts, each with servers of its own or none.
readonly SCRIPTED='documents deploy guard'
# Runs only when it is named: it takes a release build.
readonly LAYER_ON_REQUEST=guard
# How many failures of a layer are repeated at the end.
readonly FAILURES_TOLD_MAX=20

# The layer a folder of Tests/ belongs to. What needs no server is unit.
layer_of() { # TARGET
    case $1 in
        AMQPTests | PostgresTests | RedisTests | SandboxTests | *IntegrationTests) printf integration ;;
        FleetTests) printf fleet ;;
        FaultTests) printf faults ;;
        SimulationTests) printf simulation ;;
        *) printf unit ;;
    esac
}

layer_targets() { # LAYER → TARGETS
    TARGETS=()
    local file target
    while IFS= read -r target; do
        for file in "$ROOT/Tests/$target"/*.swift "$ROOT/Tests/$target"/*/*.swift; do
            [[ -e $file && $(layer_of "$target") == "$1" ]] || continue
            TARGETS+=("$target")
            break
        done
    done < <(find "$ROOT/Tests" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null | sort)
}

# A layer without tests is not offered.
offered_layers() {
    local layer offered=()
    for layer in "${LAYERS[@]}"; do
        layer_targets "$layer"
        if [[ " $SCRIPTED " == *" $layer "* ]] || ((${#TARGETS[@]})); then offered+=("$layer"); fi
    done
    printf '%s' "${offered[*]}"
}

verb_test() { # [LAYER…]
    local layer offered needs_swift=0 needs_servers=0 failed=0
    offered=$(offered_layers)
    for layer in "$@"; do
        [[ " $offered $LAYER_ON_REQUEST " == *" $layer "* ]] || usage_error "there are no tests named $layer; there are: $offered"
    done
    # shellcheck disable=SC2086 # a list of names
    (($#)) || set -- $offered
    use_instance test
    end_all_on_exit
    for layer in "$@"; do
        [[ $layer == deploy || $layer == guard ]] || needs_swift=1
        [[ $layer == unit || " $SCRIPTED " == *" $layer "* ]] || needs_servers=1
    done
    if [[ $needs_servers == 1 || " $* " == *" deploy "* || " $* " == *" documents "* ]]; then
        ensure_packages "${NEEDED_TO_RUN[@]}"
        ensure_versions
    fi
    ((!needs_swift)) || build_tests
    if ((needs_servers)); then
        start_fresh_instance servers
        # shellcheck source=/dev/null
        . "$ENVIRONMENT_FILE"
    fi
    ((!needs_swift)) || export WALLET_TEST_BIN=$WALLET_PROGRAMS
    SUMMARIES=$(mktemp -d "$LOCAL/.test.XXXXXX")
    trap 'end_tests $?' EXIT
    for layer in "$@"; do
        run_layer "$layer" || failed=1
    done
    stop_supervisor
    # What the test runner said last, said last.
    for layer in deploy guard "${LAYERS[@]}"; do
        [[ ! -e $SUMMARIES/$layer ]] || sed "s/^/$layer: /" "$SUMMARIES/$layer"
        rm -f -- "$SUMMARIES/$layer"
    done
    exit "$failed"
}

end_tests() { # STATUS
    rm -rf -- "$SUMMARIES"
    end_all "$1"
}

run_layer() { # LAYER
    say "testing: $1"
    case $1 in
        deploy)
            run_deploy_tests
            return
            ;;
        documents)
            run_documents
            return
            ;;
        guard)
            run_guard
            return
            ;;
    esac
    layer_targets "$1"
    local target pattern code=0 output=$SUMMARIES/output
    for target in "${TARGETS[@]}"; do
        grep -qF "\"$target\"" "$ROOT/Package.swift" && continue
        printf '%s\n' "Tests/$target is not in Package.swift, so its tests did not run" | tee "$SUMMARIES/$1"
        return 1
    done
    pattern=$(IFS='|' && printf '^(%s)\\.' "${TARGETS[*]}")
    # shellcheck disable=SC2016 # expanded by the inner shell
    run_child bash -c 'set -o pipefail; setpriv --pdeathsig TERM -- "${@:2}" 2>&1 | tee "$1"' test "$output" \
        swift test --package-path "$ROOT" --skip-build --filter "$pattern" || code=$?
    # What failed is said again at the end: in a long log it stands far above.
    ((code == 0)) || grep -E '^✘ Test .* recorded an issue' "$output" | head -n "$FAILURES_TOLD_MAX" >"$SUMMARIES/$1" || true
    grep -E 'Test run with [0-9]+ test' "$output" | tail -n 1 >>"$SUMMARIES/$1" || true
    if ((code == 0)) && ! grep -qE 'with [1-9][0-9]* tests?' "$SUMMARIES/$1"; then
        printf 'no test ran, though there are some in: %s\n' "${TARGETS[*]}" | tee "$SUMMARIES/$1"
        code=1
    fi
    return "$code"
}

# What the README and the documents tell a reader to type.
run_documents() {
    local code=0 output=$SUMMARIES/output
    # It has a whole stack to end when it is interrupted.
    CHILD_GRACE_MS=90000
    # shellcheck disable=SC2016 # expanded by the inner shell
    run_child bash -c 'set -o pipefail; setpriv --pdeathsig TERM -- "${@:2}" | tee "$1"' test "$output" \
        bash "$LIB/documents.sh" "$WALLET_PROGRAMS" || code=$?
    tail -n 1 "$output" >"$SUMMARIES/documents"
    ((code == 0)) || printf '0 passed, 1 failed\n' >"$SUMMARIES/documents"
    return "$code"
}

# The instructions of the rules and the codecs, against those in the file.
run_guard() {
    local code=0 output=$SUMMARIES/output
    ensure_packages 'valgrind|valgrind' 'strip|binutils'
    build_release wallet-instructions
    # shellcheck disable=SC2016 # expanded by the inner shell
    run_child bash -c 'set -o pipefail; "${@:2}" | tee "$1"' test "$output" \
        bash "$LIB/guard.sh" "$WALLET_PROGRAMS/wallet-instructions" "$ROOT/Benchmarks/instructions.txt" || code=$?
    ((code == 0)) && tail -n 1 "$output" >"$SUMMARIES/guard" || printf '0 passed, 1 failed\n' >"$SUMMARIES/guard"
    return "$code"
}

run_deploy_tests() {
    local script code=0 passed=0 failed=0
    # They have whole stacks to end when they are interrupted.
    CHILD_GRACE_MS=90000
    for script in "$LIB"/test-*.sh; do
        if run_child bash "$script"; then passed=$((passed + 1)); else failed=$((failed + 1)) code=1; fi
    done
    printf '%d script(s) passed, %d failed\n' "$passed" "$failed" >"$SUMMARIES/deploy"
    return "$code"
}

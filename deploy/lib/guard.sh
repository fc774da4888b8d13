#!/bin/bash
# Counts the instructions of the rules and the codecs, and compares them with what they were.
# Usage: guard.sh PROGRAM FIGURES, the built wallet-instructions and the file of the figures; see docs/benchmarks.md.
# With WALLET_GUARD_WRITE=1 the file is written instead of compared with.
set -euo pipefail
export LC_ALL=C.UTF-8

readonly FIGURES=$2
# Debian's valgrind cannot read the debugging information that Swift writes (DWARF 5): it works on a copy without it.
PROGRAM=$(mktemp "${TMPDIR:-/tmp}/wallet-instructions.XXXXXX")
readonly PROGRAM
trap 'rm -f -- "$PROGRAM"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
strip --strip-debug -o "$PROGRAM" -- "$1"
chmod 700 "$PROGRAM"
# The start of the program, and what it prepares, is in both runs and so in neither's difference.
readonly ROUNDS_FEW=1 ROUNDS_MANY=5
readonly WORSE_PERCENT_MAX=5
readonly WORKLOADS=(decide json authenticate event parameters)

count() { # WORKLOAD ROUNDS → instructions of the whole run
    local said
    # Swift seeds its hash tables anew in each process, which would make their walks differ.
    said=$(SWIFT_DETERMINISTIC_HASHING=1 valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$PROGRAM" "$1" "$2" 2>&1) || { printf '%s\n' "$said" >&2 && return 1; }
    [[ $said == *'Collected : '* ]] || { printf '%s\n' "$said" >&2 && return 1; }
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' <<<"$said"
}

known() { # NAME → the rest of its line
    sed -n "s/^$1 //p" "$FIGURES"
}

compiler=$(swift --version 2>/dev/null | sed -n 's/.*(\(swift-[^)]*\)).*/\1/p')
machine=$(uname -m)
declare -A counted
for workload in "${WORKLOADS[@]}"; do
    few=$(count "$workload" "$ROUNDS_FEW")
    many=$(count "$workload" "$ROUNDS_MANY")
    [[ $few =~ ^[0-9]+$ && $many =~ ^[0-9]+$ && $many -gt $few ]] ||
        { printf '✘ guard: %s: callgrind counted nothing: %s, %s\n' "$workload" "$few" "$many" >&2 && exit 1; }
    counted[$workload]=$(((many - few) / (ROUNDS_MANY - ROUNDS_FEW)))
done

if [[ ${WALLET_GUARD_WRITE:-} == 1 ]]; then
    {
        printf 'compiler %s\nmachine %s\n' "$compiler" "$machine"
        for workload in "${WORKLOADS[@]}"; do printf '%s %s\n' "$workload" "${counted[$workload]}"; done
    } >"$FIGURES"
    cat "$FIGURES"
    exit 0
fi

if [[ "$(known compiler) $(known machine)" != "$compiler $machine" ]]; then
    printf '✘ guard: the figures are of %s on %s, this is %s on %s\n' \
        "$(known compiler)" "$(known machine)" "$compiler" "$machine" >&2
    printf '  Another compiler counts otherwise. Measure the last commit with it first: docs/benchmarks.md says how.\n' >&2
    exit 1
fi

failed=0 passed=0
printf '%-14s %14s %14s %9s %12s\n' workload before now change 'per command'
for workload in "${WORKLOADS[@]}"; do
    before=$(known "$workload") now=${counted[$workload]}
    [[ $before =~ ^[0-9]+$ ]] || { printf '✘ guard: %s is not in the figures\n' "$workload" >&2 && exit 1; }
    thousandths=$(((now - before) * 1000 / before))
    printf '%-14s %14d %14d %+8d‰ %12d\n' "$workload" "$before" "$now" "$thousandths" $((now / 512))
    if ((thousandths > WORSE_PERCENT_MAX * 10)); then
        printf '✘ guard: %s takes more than %d %% more instructions\n' "$workload" "$WORSE_PERCENT_MAX" >&2
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
done
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

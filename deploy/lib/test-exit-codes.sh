#!/bin/bash
# The verb test must end with what the runner ended with, and never count tests that did not run. The toolchain here is
# a stand-in, so nothing is built and no server is started.
set -euo pipefail

HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
PLACE=$(mktemp -d "${TMPDIR:-/tmp}/contacto deploy.XXXXXX")
trap 'rm -rf -- "$PLACE"' EXIT
CLONE=$PLACE/clone

mkdir -p -- "$CLONE/Tests/DomainTests" "$PLACE/toolchain"
cp -r -- "$HERE/.." "$CLONE/deploy"
: >"$CLONE/Tests/DomainTests/Domain.swift"
cat >"$PLACE/toolchain/swift" <<'SWIFT'
#!/bin/sh
# Says what the test wants the runner to have said.
case "$*" in
    --version) echo "Swift version ${STAND_IN_VERSION:-6.3.1}" ;;
    build*) [ -z "${STAND_IN_BUILD_FAILS:-}" ] && echo /nowhere ;;
    test*) echo "Test run with ${STAND_IN_TESTS:-3} tests in 1 suite ended"; exit "${STAND_IN_CODE:-0}" ;;
esac
SWIFT
chmod +x "$PLACE/toolchain/swift"

ends_with() { # CODE LAW [NAME=VALUE…] -- ARGUMENT…
    local code=0 expected=$1 law=$2 settings=()
    shift 2
    while [[ $1 != -- ]]; do settings+=("$1") && shift; done
    shift
    env PATH="$PLACE/toolchain:$PATH" ${settings[@]+"${settings[@]}"} "$CLONE/deploy/local" "$@" \
        >"$PLACE/output" 2>&1 </dev/null || code=$?
    if [[ $code != "$expected" ]]; then
        printf '✘ deploy: %s: ended with %d, not with %d\n' "$law" "$code" "$expected" >&2
        sed 's/^/    /' "$PLACE/output" >&2
        exit 1
    fi
    printf '✔ deploy: %s\n' "$law"
}

ends_with 64 "no verb is a usage error" --
ends_with 64 "an unknown verb is a usage error" -- start
ends_with 64 "a layer without tests is not offered" -- test fleet
ends_with 1 "a status of nothing is no success" -- status
ends_with 0 "down of nothing is a success" -- down
ends_with 1 "tests that are not in Package.swift fail" -- test unit
printf '"DomainTests"\n' >"$CLONE/Package.swift"
ends_with 0 "tests that pass, pass" -- test unit
[[ $(tail -n 1 "$PLACE/output") == *'Test run with 3 tests'* ]] || {
    printf "✘ deploy: the runner's summary is not the last line\n" >&2 && exit 1
}
ends_with 1 "tests that fail, fail" STAND_IN_CODE=1 -- test unit
ends_with 1 "a run without tests fails" STAND_IN_TESTS=0 -- test unit
ends_with 1 "tests that do not build fail" STAND_IN_BUILD_FAILS=1 -- test unit
ends_with 1 "an old toolchain is refused" STAND_IN_VERSION=6.2.4 -- test unit

#!/bin/bash
# Executes what the README and the documents tell a reader to type, in a clone of its own, and compares what it prints
# with what they say. Usage: documents.sh PROGRAMS, the folder of the wallet's executables; see docs/README.md.
set -euo pipefail

HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
SOURCE=$(cd -- "$HERE/../.." && pwd)
for part in common processes; do
    # shellcheck source=/dev/null
    . "$HERE/$part.sh"
done

readonly NEWCOMER_SECONDS_MAX=300
# This is run by the first, and the second measures for minutes: what they say is looked at, they are not started.
readonly NOT_AGAIN='^deploy/local (test|bench)( |$)'

# A clone may lie in a folder with a space in its name, which only its owner may enter.
PLACE=$(mktemp -d "${TMPDIR:-/tmp}/contacto documents.XXXXXX")
CLONE=$PLACE/clone
export WALLET_BIN=$1
PASSED=0
trap 'tidy_up $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tidy_up() { # STATUS
    trap '' INT TERM
    set +e
    [[ ! -e $CLONE/.local ]] || "$CLONE/deploy/local" down >/dev/null 2>&1
    rm -rf -- "$PLACE"
    exit "$1"
}

check_failed() { # WHAT [FILE…]
    local file
    printf '✘ documents: %s\n' "$1" >&2
    for file in "${@:2}"; do
        printf '  %s:\n' "${file##*/}" >&2
        sed 's/^/    /' "$file" >&2
    done
    exit 1
}

passed() { # LAW
    printf '✔ documents: %s\n' "$1"
    PASSED=$((PASSED + 1))
}

blocks() {
    perl "$HERE/blocks.pl" "$@"
}

has() { # KIND DOCUMENT
    blocks kinds "$2" | grep -qx "$1"
}

# The first command that fails ends a session, in the shells that it starts as well.
in_shell() { # COMMAND…
    env SHELLOPTS=braceexpand:errexit:hashall:interactive-comments:nounset:pipefail "$@"
}

stack_is_up() {
    [[ -e $CLONE/.local/env ]] && return 0
    "$CLONE/deploy/local" up >"$PLACE/up" 2>&1 || check_failed "the stack does not start" "$PLACE/up"
}

stack_is_down() {
    [[ ! -e $CLONE/.local/env ]] || "$CLONE/deploy/local" down >/dev/null 2>&1
}

# As pasted into a terminal: what starts a shell in it is followed by the lines for that shell.
play_session() { # DOCUMENT
    local name=${1#"$CLONE"/} code=0 shell=(bash) began
    has session "$1" || return 0
    blocks session "$1" >"$PLACE/session"
    if head -n 1 "$PLACE/session" | grep -q '^deploy/local up'; then
        stack_is_down
    else
        stack_is_up
        shell=("$CLONE/deploy/local" env -- bash)
    fi
    now_ms
    began=$REPLY
    # Through a pipe, so that no shell reads ahead of the one it starts.
    # shellcheck disable=SC2002
    cat "$PLACE/session" | (cd "$CLONE" && in_shell "${shell[@]}") >"$PLACE/printed" 2>"$PLACE/errors" || code=$?
    ((code == 0)) || check_failed "the commands of $name ended with $code" "$PLACE/session" "$PLACE/printed" "$PLACE/errors"
    if has output "$1"; then
        blocks output "$1" >"$PLACE/expected"
        blocks compare "$PLACE/expected" "$PLACE/printed" ||
            check_failed "the commands of $name print something else" "$PLACE/expected" "$PLACE/printed" "$PLACE/errors"
    fi
    now_ms
    SECONDS_TAKEN=$(((REPLY - began) / 1000))
    passed "every command of $name works as written ($SECONDS_TAKEN s)"
}

play_transcripts() { # DOCUMENT
    local name=${1#"$CLONE"/} number count command code
    count=$(blocks kinds "$1" | grep -cx console || true)
    for ((number = 0; number < count; number++)); do
        : >"$PLACE/printed"
        while IFS= read -r -d '' command; do
            [[ ! $command =~ $NOT_AGAIN ]] || continue
            code=0
            if [[ $command == deploy/local* ]]; then
                (cd "$CLONE" && bash -c "$command") </dev/null >>"$PLACE/printed" 2>"$PLACE/errors" || code=$?
            else
                stack_is_up
                (cd "$CLONE" && in_shell deploy/local env -- bash -c "$command") </dev/null >>"$PLACE/printed" \
                    2>"$PLACE/errors" || code=$?
            fi
            ((code == 0)) || check_failed "$name: $command ended with $code" "$PLACE/printed" "$PLACE/errors"
        done < <(blocks console "$1" "$number")
        blocks printed "$1" "$number" >"$PLACE/expected"
        blocks compare "$PLACE/expected" "$PLACE/printed" ||
            check_failed "$name: a transcript is not what is printed" "$PLACE/expected" "$PLACE/printed"
        passed "transcript $((number + 1)) of $name is what its commands print"
    done
}

look_at_synopses() { # DOCUMENT
    local name=${1#"$CLONE"/} option program verbs
    has synopsis "$1" || return 0
    while read -r option program verbs; do
        [[ $program != deploy/local ]] || program=$CLONE/deploy/local
        [[ -x $program ]] || program=$WALLET_BIN/$program
        # shellcheck disable=SC2086 # a list of verbs
        "$program" $verbs --help >"$PLACE/help" 2>&1 ||
            check_failed "$name: ${program##*/} $verbs --help failed" "$PLACE/help"
        grep -qF -- "$option" "$PLACE/help" || check_failed "$name: ${program##*/} $verbs has no $option" "$PLACE/help"
    done < <(blocks synopsis "$1")
    passed "every option in the synopses of $name exists"
}

comparison_of_output() { # EXPECTED REAL
    printf '%b' "$1" >"$PLACE/expected" && printf '%b' "$2" >"$PLACE/printed"
    blocks compare "$PLACE/expected" "$PLACE/printed"
}

mkdir -- "$CLONE"
cp -r -- "$SOURCE/deploy" "$SOURCE/docs" "$SOURCE/README.md" "$CLONE"

comparison_of_output 'a   … c\n…\nz\n' 'a b   c \n\nd\ne\nz\n' || check_failed "the comparison refuses what is the same"
for other in 'a b c\nd\n' 'a b\nz\n' 'a b c\nz\nmore\n' ''; do
    ! comparison_of_output 'a … c\n…\nz\n' "$other" || check_failed "the comparison takes anything: $other"
done

play_session "$CLONE/README.md"
((SECONDS_TAKEN <= NEWCOMER_SECONDS_MAX)) ||
    check_failed "a newcomer's path takes $SECONDS_TAKEN s with executables that are built"
passed "from the README to an own transfer, and down again, in $SECONDS_TAKEN s (at most $NEWCOMER_SECONDS_MAX)"
while IFS= read -r document; do
    [[ $document == "$CLONE/README.md" ]] || play_session "$document"
    play_transcripts "$document"
    look_at_synopses "$document"
done < <(find "$CLONE/README.md" "$CLONE/docs" -name '*.md' | sort)
printf '%d passed, 0 failed\n' "$PASSED"

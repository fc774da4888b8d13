#!/bin/bash
# Installs Debian packages without letting them start the servers they bring.
# Usage, as root: install-as-root.sh PACKAGE…
# Debian asks /usr/sbin/policy-rc.d before a package starts a service; 101 means no.
set -euo pipefail

readonly POLICY=/usr/sbin/policy-rc.d
MADE=

# Should this script be killed before it can remove the file, the file notices, steps aside, and allows again.
write_policy() {
    local start
    start=$(sed 's/.*) //' "/proc/$$/stat" | cut -d' ' -f20)
    cat >"$POLICY.contacto" <<SH
#!/bin/sh
# Made by deploy/local for the length of one installation.
now=\$(sed 's/.*) //' /proc/$$/stat 2>/dev/null | cut -d' ' -f20)
[ "\$now" = "$start" ] && exit 101
rm -f $POLICY
exit 0
SH
    chmod 755 "$POLICY.contacto"
    MADE=1
    mv -f -- "$POLICY.contacto" "$POLICY"
}

clean_up() {
    rm -f -- "$POLICY.contacto"
    [[ -z $MADE ]] || rm -f -- "$POLICY"
}

forbid_service_starts() { # the script's own arguments
    if [[ -e $POLICY ]] && grep -q 'Made by deploy/local' "$POLICY"; then rm -f -- "$POLICY"; fi
    if [[ ! -e $POLICY ]]; then
        write_policy
        return
    fi
    local answer=0
    "$POLICY" postgresql start >/dev/null 2>&1 || answer=$?
    ((answer != 101)) || return 0
    # Somebody's policy allows starts. Cover it, in a view of the file system that only we and apt have.
    [[ -z ${POLICY_COVERED:-} ]] || { echo "$POLICY cannot be covered" >&2 && exit 1; }
    exec unshare --mount --propagation private -- bash -c '
        set -e
        cover=$(mktemp)
        printf "#!/bin/sh\nexit 101\n" >"$cover" && chmod 755 "$cover"
        mount --bind "$cover" "$1" && rm -f "$cover"
        POLICY_COVERED=1 exec bash "${@:2}"' cover "$POLICY" "$0" "$@"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
forbid_service_starts "$@"
export DEBIAN_FRONTEND=noninteractive
readonly WAIT=(-o DPkg::Lock::Timeout=120)
apt-get "${WAIT[@]}" -q update
apt-get "${WAIT[@]}" -q -y --no-install-recommends install "$@"

# shellcheck shell=bash
# What has to be installed, and how it gets there when it is not.

readonly SWIFT_MAJOR_MIN=6 SWIFT_MINOR_MIN=3

# "what shows that it is there|the package that brings it". A name without a slash is looked up on the PATH.
readonly NEEDED_TO_RUN=(
    '/usr/lib/postgresql/15/bin/postgres|postgresql-15'
    '/usr/lib/postgresql/15/bin/psql|postgresql-client-15'
    '/usr/lib/rabbitmq/bin/rabbitmq-server|rabbitmq-server'
    'epmd|erlang-base'
    'redis-server|redis-server'
    'setpriv|util-linux'
    'unshare|util-linux'
    'flock|util-linux'
    'perl|perl-base'
    'find|findutils'
    'curl|curl'
    'openssl|openssl'
)
readonly NEEDED_TO_BUILD=(
    '/usr/include/postgresql/libpq-fe.h|libpq-dev'
    '/usr/include/amqp.h|librabbitmq-dev'
    '/usr/include/openssl/ssl.h|libssl-dev'
    '/usr/include/hiredis/hiredis.h|libhiredis-dev'
)

missing_packages() { # ENTRY… → MISSING
    MISSING=()
    local entry evidence package
    for entry in "$@"; do
        evidence=${entry%%|*} package=${entry#*|}
        if [[ $evidence == /* ]]; then
            [[ ! -e $evidence ]] || continue
        elif type -P "$evidence" >/dev/null; then
            continue
        fi
        [[ " ${MISSING[*]-} " == *" $package "* ]] || MISSING+=("$package")
    done
}

ensure_packages() { # ENTRY…
    missing_packages "$@"
    ((${#MISSING[@]})) || return 0
    local advice="Install them by hand: apt-get install ${MISSING[*]}" as_root=()
    type -P apt-get >/dev/null ||
        fail "these Debian packages are missing, and there is no apt-get: ${MISSING[*]}" \
            "Debian 12 has all of them; elsewhere, install PostgreSQL 15, RabbitMQ 3.10 and Redis 7 or newer."
    if ((EUID != 0)); then
        type -P sudo >/dev/null ||
            fail "packages are missing, and installing them needs root or sudo: ${MISSING[*]}" "$advice"
        as_root=(sudo)
    fi
    say "installing ${MISSING[*]}"
    ${as_root[@]+"${as_root[@]}"} bash "$LIB/install-as-root.sh" "${MISSING[@]}" >&2 ||
        fail "apt-get could not install ${MISSING[*]}" "What it says about it is above." "$advice"
    missing_packages "$@"
    ((${#MISSING[@]} == 0)) ||
        fail "apt-get reported success, and yet this is missing: ${MISSING[*]}" "$advice"
}

ensure_versions() {
    local version
    version=$(redis-server --version)
    [[ $version =~ v=([0-9]+) ]] && ((BASH_REMATCH[1] >= 7)) ||
        fail "Redis 7 or newer is needed" "redis-server says: $version"
    version=$(readlink -f /usr/lib/rabbitmq/bin/rabbitmq-server)
    [[ $version =~ rabbitmq_server-([0-9]+)\.([0-9]+) ]] ||
        fail "the version of RabbitMQ cannot be told" "Its start script is $version"
    ((BASH_REMATCH[1] * 100 + BASH_REMATCH[2] >= 310)) ||
        fail "RabbitMQ 3.10 or newer is needed" "Its start script is $version"
}

ensure_swift() {
    local advice="See https://www.swift.org/install/linux/ and put swift on the PATH." version
    type -P swift >/dev/null ||
        fail "there is no Swift toolchain: $SWIFT_MAJOR_MIN.$SWIFT_MINOR_MIN is needed" "$advice"
    version=$(swift --version 2>/dev/null) || fail "swift --version failed" "$advice"
    [[ $version =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] &&
        ((BASH_REMATCH[1] * 100 + BASH_REMATCH[2] >= SWIFT_MAJOR_MIN * 100 + SWIFT_MINOR_MIN)) ||
        fail "Swift $SWIFT_MAJOR_MIN.$SWIFT_MINOR_MIN or newer is needed" "swift says: ${version%%$'\n'*}" "$advice"
}

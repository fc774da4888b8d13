# shellcheck shell=bash
# The private PostgreSQL 15: its cluster, its configuration, its roles and the database `wallet`.

readonly POSTGRES_BIN=/usr/lib/postgresql/15/bin
readonly WALLET_ROLES=(wallet_owner wallet_lane wallet_reader wallet_auditor wallet_operator wallet_directory)

# PostgreSQL refuses to be root. In a user namespace it is somebody else and yet owns the clone's files, which another
# user could not even reach under a 0700 folder. It has to be somebody /etc/passwd knows, or initdb refuses too.
as_postgres() { # → AS_POSTGRES: what goes before its commands; POSTGRES_HOME: the instance's folder as it sees it
    local account=postgres
    POSTGRES_HOME=$INSTANCE AS_POSTGRES=() POSTGRES_OWNER=''
    if ((EUID != 0)) && getent passwd "$EUID" >/dev/null; then return; fi
    getent passwd postgres >/dev/null || account=nobody
    AS_POSTGRES=(unshare --user --map-user="$(id -u "$account")" --map-group="$(id -g "$account")" --)
    if ((EUID != 0)); then return; fi
    "${AS_POSTGRES[@]}" true 2>/dev/null || as_account "$account"
    if ! (cd / && "${AS_POSTGRES[@]}" test -x "$INSTANCE"); then
        # Somebody else's 0700 folder: there, only real root gets in. Bring the instance to where it can be reached.
        # shellcheck disable=SC2016 # expanded by the inner shell
        AS_POSTGRES=(unshare --mount --propagation private -- sh -c
            'mount --bind "$0" /var/lib/postgresql && cd / && exec "$@"' "$INSTANCE" "${AS_POSTGRES[@]}")
        POSTGRES_HOME=/var/lib/postgresql
    fi
}

# Where user namespaces are forbidden, as in many containers: the account itself.
as_account() { # ACCOUNT
    POSTGRES_OWNER=$1
    AS_POSTGRES=(setpriv --reuid="$1" --regid="$(id -g "$1")" --clear-groups --)
    chmod 711 "$LOCAL" "$INSTANCE"
}

own_by_postgres() { # FILE…
    [[ -z $POSTGRES_OWNER ]] || chown -R "$POSTGRES_OWNER" -- "$@"
}

prepare_postgres() {
    local data=$INSTANCE/postgres
    as_postgres
    [[ -s $data/PG_VERSION ]] || create_cluster "$data"
    postgres_settings >"$data/wallet.conf"
    offer_postgres_tls "$data"
    own_by_postgres "$data"
    if "${AS_POSTGRES[@]}" "$POSTGRES_BIN/postgres" -D "$POSTGRES_HOME/postgres" -C wal_compression \
        -c wal_compression=lz4 >/dev/null 2>&1; then
        printf 'wal_compression = lz4\n' >>"$data/wallet.conf"
    fi
}

# The folder gets its name when it is whole, so that an interrupted first start is simply done again.
create_cluster() { # FOLDER
    local password=$INSTANCE/initdb-password
    say "creating a PostgreSQL cluster"
    rm -rf -- "$1" "$1.new"
    mkdir -- "$1.new"
    printf '%s\n' "${PASSWORD[postgres]}" | write_secret "$password"
    own_by_postgres "$1.new" "$password"
    run_step initdb env -C / "${AS_POSTGRES[@]}" "$POSTGRES_BIN/initdb" --pgdata="$POSTGRES_HOME/postgres.new" \
        --username=postgres --pwfile="$POSTGRES_HOME/initdb-password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --no-instructions ||
        fail "initdb could not create PostgreSQL's cluster in $1" \
            "As root it needs user namespaces, or mounts, or a clone every user can enter; or run it as a user." \
            "Its whole log is $LOGS/initdb.log."
    rm -f -- "$password"
    printf "include 'wallet.conf'\n" >>"$1.new/postgresql.conf"
    printf 'host all all 127.0.0.1/32 scram-sha-256\n' >"$1.new/pg_hba.conf"
    mv -- "$1.new" "$1"
}

postgres_settings() {
    cat <<SETTINGS
# Written by deploy/local at each start.
listen_addresses = '127.0.0.1'
port = ${PORT[postgres]}
unix_socket_directories = ''
max_connections = 200
shared_buffers = 512MB
max_wal_size = 4GB
checkpoint_timeout = 15min
fsync = on
synchronous_commit = on
full_page_writes = on
jit = off
SETTINGS
}

# Whoever connects plainly still can. The server wants its key in its own hands, so it gets a copy.
offer_postgres_tls() { # FOLDER
    offers_tls || return 0
    install -m 600 -- "$(certificate_folder)"/server.{pem,key} "$1/"
    printf "ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\n" >>"$1/wallet.conf"
}

describe_postgres() {
    as_postgres
    COMMAND=("$POSTGRES_BIN/postgres" -D "$POSTGRES_HOME/postgres")
    BEFORE=(env -C / "${AS_POSTGRES[@]}")
    # INT is its fast stop (TERM waits for clients to leave). When the supervisor is killed: its immediate one, which
    # also takes its children and its shared memory away.
    STOP_SIGNAL[postgres]=INT
    DEATH_SIGNAL=QUIT
}

query_postgres() { # DATABASE (statements on stdin)
    env -u PGSERVICE -u PGOPTIONS PGPASSWORD="${PASSWORD[postgres]}" PGCONNECT_TIMEOUT=2 PSQLRC=/dev/null \
        "$POSTGRES_BIN/psql" -h 127.0.0.1 -p "${PORT[postgres]}" -U postgres -d "$1" \
        --no-psqlrc --quiet --tuples-only --set=ON_ERROR_STOP=1 9>&-
}

probe_postgres() {
    query_postgres postgres <<<'select 1' >/dev/null 2>&1
}

# Roles and the database only: tables and grants belong to `walletctl migrate`. Passwords are hexadecimal.
make_database() {
    say "creating PostgreSQL's roles and the database wallet"
    {
        local role
        for role in "${WALLET_ROLES[@]}"; do
            printf "select 'create role %s' where not exists (select from pg_roles where rolname = '%s') \\\\gexec\n" \
                "$role" "$role"
            printf "alter role %s login password '%s';\n" "$role" "${PASSWORD[$role]}"
        done
        printf "select 'create database wallet owner wallet_owner'"
        printf " where not exists (select from pg_database where datname = 'wallet') \\\\gexec\n"
    } | query_postgres postgres >>"$LOGS/postgres.log" 2>&1
}

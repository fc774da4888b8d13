# shellcheck shell=bash
# The private RabbitMQ node and the epmd it needs. Users, the vhost and permissions are imported at each boot.

readonly RABBITMQ_SERVER=/usr/lib/rabbitmq/bin/rabbitmq-server
readonly RABBITMQ_USERS=(contacto wallet-ingress wallet-workers topups payouts identity)
# Looks at the vhost through the management API, and may touch nothing in it.
readonly RABBITMQ_VERIFIER=verifier
# What the present write-ahead file of all quorum queues holds is in memory too, and at its end written out at once. With
# the broker's own 512 MiB that held up every confirm for four seconds.
readonly RABBITMQ_WAL_BYTES_MAX=67108864
# Of its memory: rabbit's own default, and what no node can stay below. How long a change may take to have its effect.
readonly WATERMARK_USUAL=0.4 WATERMARK_ALARM=0.00001 ALARM_MS=10000

prepare_rabbitmq() {
    local folder=$INSTANCE/rabbitmq
    mkdir -p -- "$folder/home" "$folder/data" "$folder/log"
    # The node's name stays with its data: it is part of it.
    [[ -s $folder/name ]] ||
        printf 'wallet-%s@localhost' "$(printf '%s' "$INSTANCE" | sha256sum | cut -c1-12)" >"$folder/name"
    printf '[rabbitmq_management].\n' >"$folder/enabled_plugins"
    : >"$folder/rabbitmq.conf"
    rabbitmq_settings | write_secret "$folder/advanced.config"
    rabbitmq_definitions | write_secret "$folder/definitions.json"
}

# Erlang terms rather than rabbitmq.conf, because a path can be quoted in them.
rabbitmq_settings() {
    local definitions=$INSTANCE/rabbitmq/definitions.json
    cat <<SETTINGS
[
  {kernel, [{inet_dist_use_interface, {127, 0, 0, 1}}]},
  {rabbit, [
    {tcp_listeners, [{"127.0.0.1", ${PORT[amqp]}}]},
    {disk_free_limit, 1000000000},
    {load_definitions, $(erlang_text "$definitions")}$(rabbitmq_tls_settings)
  ]},
  {ra, [{wal_max_size_bytes, $RABBITMQ_WAL_BYTES_MAX}]},
  {rabbitmq_management, [
    {tcp_config, [{ip, "127.0.0.1"}, {port, ${PORT[amqp_management]}}]},
    {rates_mode, none}
  ]}
].
SETTINGS
}

rabbitmq_tls_settings() {
    offers_tls || return 0
    local folder
    folder=$(certificate_folder)
    cat <<SETTINGS
,
    {ssl_listeners, [{"127.0.0.1", ${PORT[amqps]}}]},
    {ssl_options, [
      {cacertfile, $(erlang_text "$folder/ca.pem")},
      {certfile, $(erlang_text "$folder/server.pem")},
      {keyfile, $(erlang_text "$folder/server.key")},
      {versions, ['tlsv1.3', 'tlsv1.2']},
      {verify, verify_peer},
      {fail_if_no_peer_cert, false}
    ]}
SETTINGS
}

erlang_text() { # TEXT
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}

# With definitions to load the broker creates no `guest`.
rabbitmq_definitions() {
    local user tags separator=''
    printf '{"vhosts":[{"name":"wallet"}],\n"users":['
    for user in "${RABBITMQ_USERS[@]}" "$RABBITMQ_VERIFIER"; do
        tags=''
        [[ $user != contacto ]] || tags=administrator
        [[ $user != "$RABBITMQ_VERIFIER" ]] || tags=management
        printf '%s\n{"name":"%s","tags":"%s","password_hash":"%s",' \
            "$separator" "$user" "$tags" "$(rabbitmq_password_hash "${PASSWORD[${user//-/_}]}")"
        printf '"hashing_algorithm":"rabbit_password_hashing_sha256"}'
        separator=,
    done
    printf '],\n"permissions":['
    separator=''
    for user in "${RABBITMQ_USERS[@]}"; do
        printf '%s\n{"user":"%s","vhost":"wallet","configure":".*","write":".*","read":".*"}' "$separator" "$user"
        separator=,
    done
    printf '%s\n{"user":"%s","vhost":"wallet","configure":"^$","write":"^$","read":"^$"}' ',' "$RABBITMQ_VERIFIER"
    printf ']}\n'
}

# base64(salt ‖ SHA-256(salt ‖ password)), as the broker's documentation of password hashes says.
rabbitmq_password_hash() { # PASSWORD
    local salt
    salt=$(random_hex 4 | sed 's/../\\x&/g')
    {
        printf '%b' "$salt"
        printf '%b%s' "$salt" "$1" | openssl dgst -sha256 -binary
    } | base64 -w0
}

# epmd opens [::1] besides the address it is told to use, unless it is handed its socket, as systemd would.
# Perl's base is part of every Debian, and a shell cannot open a listening socket.
describe_epmd() {
    # shellcheck disable=SC2016 # Perl's variables
    COMMAND=(perl -e '
        use strict; use POSIX (); use Socket; $^F = 3;
        my ($port, @command) = @ARGV;
        socket(my $listener, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
        setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1) or die "setsockopt: $!\n";
        bind($listener, pack_sockaddr_in($port, INADDR_LOOPBACK)) or die "port $port: $!\n";
        listen($listener, 128) or die "listen: $!\n";
        # What the caller left open as descriptor 3 is closed by this.
        if (fileno($listener) != 3) { defined POSIX::dup2(fileno($listener), 3) or die "descriptor 3: $!\n" }
        @ENV{"LISTEN_PID", "LISTEN_FDS"} = ($$, 1);
        exec @command or die "$command[0]: $!\n";
    ' "${PORT[epmd]}" epmd -systemd -port "${PORT[epmd]}")
}

describe_rabbitmq() {
    local folder=$INSTANCE/rabbitmq
    # RUNNING_UNDER_SYSTEMD makes the start script become the Erlang machine, instead of standing between it and us.
    COMMAND=(
        env -i PATH="$PATH" LANG=C.UTF-8 HOME="$folder/home" RUNNING_UNDER_SYSTEMD=true
        ERL_EPMD_PORT="${PORT[epmd]}" ERL_EPMD_ADDRESS=127.0.0.1 ERL_CRASH_DUMP="$folder/log/erl_crash.dump"
        RABBITMQ_NODENAME="$(<"$folder/name")" RABBITMQ_DIST_PORT="${PORT[erlang_dist]}"
        RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_CONFIG_FILE="$folder/rabbitmq.conf"
        RABBITMQ_ADVANCED_CONFIG_FILE="$folder/advanced.config"
        RABBITMQ_ENABLED_PLUGINS_FILE="$folder/enabled_plugins" RABBITMQ_GENERATED_CONFIG_DIR="$folder/generated"
        RABBITMQ_MNESIA_BASE="$folder/data" RABBITMQ_LOG_BASE="$folder/log" RABBITMQ_LOGS=-
        RABBITMQ_PID_FILE="$folder/node.pid" "$RABBITMQ_SERVER"
    )
}

probe_epmd() {
    list_listeners
    port_is_taken "${PORT[epmd]}"
}

ask_management() { # PATH
    printf 'user = "contacto:%s"\nurl = "http://127.0.0.1:%s%s"\n' \
        "${PASSWORD[contacto]}" "${PORT[amqp_management]}" "$1" |
        curl --disable --silent --fail --noproxy '*' --max-time 2 --config - 9>&-
}

# Ready when the node serves AMQP and knows its vhost. /api/health/checks answers for the listener itself.
probe_rabbitmq() {
    ask_management "/api/health/checks/port-listener/${PORT[amqp]}" >/dev/null 2>&1 &&
        ask_management /api/permissions/wallet/identity >/dev/null 2>&1
}

guest_is_absent() {
    local users
    users=$(ask_management /api/users) || return 1
    [[ $users != *'"name":"guest"'* ]]
}

# In the node itself, through Erlang's own remote call: rabbitmqctl takes a second or two for the same.
call_node() { # MODULE FUNCTION ARGUMENTS
    env -i PATH="$PATH" LANG=C.UTF-8 HOME="$INSTANCE/rabbitmq/home" \
        ERL_EPMD_PORT="${PORT[epmd]}" ERL_EPMD_ADDRESS=127.0.0.1 \
        erl_call -sname "$(<"$INSTANCE/rabbitmq/name")" \
        -a "$1 $2 [$3]" -timeout 5
}

alarm_is() { # yes|no
    local alarms
    alarms=$(call_node rabbit_alarm get_alarms '') || return 1
    case $1 in
        yes) [[ $alarms == *memory* ]] ;;
        no) [[ $alarms != *memory* ]] ;;
    esac
}

set_watermark() { # FRACTION yes|no
    call_node vm_memory_monitor set_vm_memory_high_watermark "$1" >/dev/null || return 1
    now_ms
    local deadline=$((REPLY + ALARM_MS))
    until alarm_is "$2"; do
        now_ms
        ((REPLY < deadline)) || return 1
        pause 0.05
    done
}

raise_memory_alarm() {
    set_watermark "$WATERMARK_ALARM" yes
}

clear_memory_alarm() {
    set_watermark "$WATERMARK_USUAL" no
}

# shellcheck shell=bash
# The private Redis 7: a cache, so nothing of it is kept on disk.

prepare_redis() {
    mkdir -p -- "$INSTANCE/redis"
    write_secret "$INSTANCE/redis/redis.conf" <<SETTINGS
bind 127.0.0.1
port ${PORT[redis]}
protected-mode yes
requirepass ${PASSWORD[redis]}
daemonize no
appendonly no
save ""
SETTINGS
}

describe_redis() {
    # The folder is the working directory, because Redis's own configuration cannot quote every path.
    COMMAND=(env -C "$INSTANCE/redis" redis-server ./redis.conf)
}

probe_redis() {
    local answer=''
    answer=$(
        exec 3<>"/dev/tcp/127.0.0.1/${PORT[redis]}"
        printf 'AUTH %s\r\nPING\r\n' "${PASSWORD[redis]}" >&3
        read -rt 2 -u 3 first
        read -rt 2 -u 3 second
        printf '%s %s' "$first" "$second"
    ) 2>/dev/null || return 1
    [[ ${answer//$'\r'/} == '+OK +PONG' ]]
}

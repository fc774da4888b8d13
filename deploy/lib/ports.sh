# shellcheck shell=bash
# Free ports of 127.0.0.1, picked once, kept with the instance, and checked again at each start.

# Below the range the kernel hands out to outgoing connections.
readonly PORT_FIRST=20000 PORT_COUNT=12000
readonly PORT_NAMES=(postgres amqp amqps amqp_management erlang_dist epmd redis ingress admin sandbox metrics)

declare -A PORT=()

# Every TCP listener: "address:port" in the kernel's hexadecimal, mapped to its inode.
list_listeners() { # → LISTENERS
    declare -gA LISTENERS=()
    local table number address remote state inode rest
    for table in /proc/net/tcp /proc/net/tcp6; do
        [[ -r $table ]] || continue
        while read -r number address remote state rest; do
            [[ $state == 0A ]] || continue
            read -r _ _ _ _ _ inode _ <<<"$rest"
            LISTENERS[$address]=$inode
        done <"$table"
    done
}

port_is_taken() { # PORT (after list_listeners)
    local address
    for address in "${!LISTENERS[@]}"; do
        ((16#${address##*:} == $1)) && return 0
    done
    return 1
}

load_ports() { # FILE
    local name port
    [[ -r $1 ]] || return 0
    while IFS='=' read -r name port; do PORT[$name]=$port; done <"$1"
}

choose_ports() { # FILE
    load_ports "$1"
    list_listeners
    local name other port
    for name in "${PORT_NAMES[@]}"; do
        port=${PORT[$name]:-}
        if [[ -n $port ]] && ! port_is_taken "$port"; then continue; fi
        [[ -z $port ]] || say "port $port ($name) is taken, picking another"
        unset "PORT[$name]"
        while [[ -z ${PORT[$name]:-} ]]; do
            port=$((PORT_FIRST + SRANDOM % PORT_COUNT))
            port_is_taken "$port" && continue
            for other in "${PORT[@]}"; do [[ $other != "$port" ]] || continue 2; done
            PORT[$name]=$port
        done
    done
    for name in "${PORT_NAMES[@]}"; do printf '%s=%s\n' "$name" "${PORT[$name]}"; done >"$1"
}

# Fails when a process, or one it started, listens anywhere but on 127.0.0.1. What was found is in STRAY_LISTENER.
listens_only_locally() { # PID
    list_listeners
    list_descendants "$1"
    local -A addresses=()
    local address link process
    for address in "${!LISTENERS[@]}"; do addresses[${LISTENERS[$address]}]=$address; done
    for process in "$1" ${DESCENDANTS[@]+"${DESCENDANTS[@]%% *}"}; do
        while IFS= read -r link; do
            link=${link#socket:[}
            address=${addresses[${link%]}]:-}
            if [[ -n $address && $address != 0100007F:* ]]; then
                STRAY_LISTENER="address ${address%:*} (hexadecimal), port $((16#${address##*:}))"
                return 1
            fi
        done < <(find "/proc/$process/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null)
    done
}

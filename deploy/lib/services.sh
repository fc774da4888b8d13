# shellcheck shell=bash
# The table of services: for each its title, its command, its signals, and what shows that it is ready.

readonly STOP_GRACE_MS=10000
readonly SERVER_NAMES=(epmd rabbitmq postgres redis)
readonly WALLET_NAMES=(wallet-sandbox wallet-fleet wallet-ingress)

service_title() { # NAME
    case $1 in
        epmd) printf 'epmd (port %s)' "${PORT[epmd]}" ;;
        rabbitmq) printf 'RabbitMQ (port %s, management %s)' "${PORT[amqp]}" "${PORT[amqp_management]}" ;;
        postgres) printf 'PostgreSQL (port %s)' "${PORT[postgres]}" ;;
        redis) printf 'Redis (port %s)' "${PORT[redis]}" ;;
        wallet-sandbox) printf 'wallet-sandbox (port %s)' "${PORT[sandbox]}" ;;
        wallet-ingress) printf 'wallet-ingress (port %s, admin %s)' "${PORT[ingress]}" "${PORT[admin]}" ;;
        wallet-fleet) printf 'wallet-fleet (metrics %s)' "${PORT[metrics]}" ;;
        *) printf '%s' "$1" ;;
    esac
}

service_port() { # NAME
    case $1 in
        rabbitmq) printf '%s' "${PORT[amqp]:--}" ;;
        wallet-sandbox) printf '%s' "${PORT[sandbox]:--}" ;;
        wallet-ingress) printf '%s' "${PORT[ingress]:--}" ;;
        wallet-fleet) printf '%s' "${PORT[metrics]:--}" ;;
        *) printf '%s' "${PORT[$1]:--}" ;;
    esac
}

describe_service() { # NAME → COMMAND; where they differ: BEFORE, STOP_SIGNAL, DEATH_SIGNAL
    case $1 in
        epmd | rabbitmq | postgres | redis) "describe_$1" ;;
        *) describe_wallet_process "$1" ;;
    esac
}

probe_service() { # NAME
    case $1 in
        epmd | rabbitmq | postgres | redis) "probe_$1" ;;
        *) probe_wallet_process "$1" ;;
    esac
}

# shellcheck shell=bash
# The wallet's own processes: what starts them and when they count as ready.

wallet_program() { # NAME
    [[ -x $WALLET_PROGRAMS/$1 ]] && return 0
    say "there is no executable $1 in $WALLET_PROGRAMS"
    return 1
}

describe_wallet_process() { # NAME
    COMMAND=("$WALLET_PROGRAMS/$1")
    [[ $1 != wallet-fleet ]] || rm -f -- "$RUN/wallet-fleet.ready"
}

http_status() { # PORT PATH
    curl --disable --silent --noproxy '*' --max-time 2 --output /dev/null --write-out '%{http_code}' \
        "http://127.0.0.1:$1$2" 9>&- || true
}

# Ready is /readyz; a process that has none is ready when /healthz says it is well.
answers_ready() { # PORT
    local status
    status=$(http_status "$1" /readyz)
    [[ $status != 404 ]] || status=$(http_status "$1" /healthz)
    [[ $status == 200 ]]
}

probe_wallet_process() { # NAME
    case $1 in
        wallet-sandbox) answers_ready "${PORT[sandbox]}" ;;
        wallet-ingress) answers_ready "${PORT[ingress]}" ;;
        wallet-fleet) [[ -e $RUN/wallet-fleet.ready ]] ;;
    esac
}

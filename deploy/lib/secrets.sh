# shellcheck shell=bash
# Passwords and keys of one instance: made once, readable by the owner alone, never on a command line.

readonly PASSWORD_NAMES=(
    postgres wallet_owner wallet_lane wallet_reader wallet_auditor wallet_operator wallet_directory
    contacto wallet_ingress wallet_workers topups payouts identity verifier redis
)

declare -A PASSWORD=()

random_hex() { # BYTES
    od -An -v -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}

# A file appears whole or not at all, so that an interrupted first start does not leave half a key.
write_secret() { # FILE (content on stdin)
    cat >"$1.new"
    chmod 600 "$1.new"
    mv -f -- "$1.new" "$1"
}

load_passwords() { # FOLDER
    local name value
    [[ -r $1/passwords ]] || return 0
    while IFS='=' read -r name value; do PASSWORD[$name]=$value; done <"$1/passwords"
}

make_secrets() { # FOLDER
    mkdir -p -m 700 -- "$1"
    load_passwords "$1"
    local name
    for name in "${PASSWORD_NAMES[@]}"; do
        [[ -n ${PASSWORD[$name]:-} ]] || PASSWORD[$name]=$(random_hex 24)
    done
    for name in "${PASSWORD_NAMES[@]}"; do printf '%s=%s\n' "$name" "${PASSWORD[$name]}"; done |
        write_secret "$1/passwords"
    local sender
    for sender in payment bank identity; do
        [[ -s $1/callback-secret-$sender ]] ||
            printf 'whsec_%s' "$(head -c 32 /dev/urandom | base64 -w0)" | write_secret "$1/callback-secret-$sender"
    done
    [[ -s $1/receipt-key ]] || random_hex 32 | write_secret "$1/receipt-key"
    [[ -s $1/keyring.json ]] || signing_keys | write_secret "$1/keyring.json"
    [[ -s $1/identity-key.pem ]] ||
        openssl ecparam -genkey -noout -name prime256v1 | openssl pkcs8 -topk8 -nocrypt |
        write_secret "$1/identity-key.pem"
}

# Who may sign which commands. The ingress speaks for users; each other service only for what it settles.
signing_keys() {
    printf '{"keys":[\n'
    signing_key ingress-1 wallet-ingress '*'
    printf ',\n'
    signing_key topups-1 topups topup.settle.v1 line.record.v1
    printf ',\n'
    signing_key payouts-1 payouts withdrawal.settle.v1 withdrawal.expire.v1
    printf ',\n'
    signing_key identity-1 identity beneficiary.verify.v1
    printf '\n]}\n'
}

signing_key() { # ID PUBLISHER TYPE…
    local secret types
    secret=$(head -c 32 /dev/urandom | base64 -w0)
    printf -v types ',"%s"' "${@:3}"
    printf '{"id":"%s","publisher":"%s","secret":"%s","types":[%s]}' "$1" "$2" "$secret" "${types#,}"
}

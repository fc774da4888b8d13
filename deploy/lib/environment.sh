# shellcheck shell=bash
# The environment of the wallet's processes, which is also what .local/env gives to a user's shell.

amqp_url() { # USER
    printf 'amqp://%s:%s@127.0.0.1:%s/wallet' "$1" "${PASSWORD[${1//-/_}]}" "${PORT[amqp]}"
}

amqps_url() { # USER
    printf 'amqps://%s:%s@127.0.0.1:%s/wallet' "$1" "${PASSWORD[${1//-/_}]}" "${PORT[amqps]}"
}

database_url() { # ROLE [DATABASE]
    printf 'postgresql://%s:%s@127.0.0.1:%s/%s' "$1" "${PASSWORD[$1]}" "${PORT[postgres]}" "${2:-wallet}"
}

# Redis calls the user of `requirepass` default; redis-cli sends whatever stands before the colon, an empty name too.
redis_url() {
    printf 'redis://default:%s@127.0.0.1:%s/0' "${PASSWORD[redis]}" "${PORT[redis]}"
}

management_url() { # USER
    printf 'http://%s:%s@127.0.0.1:%s' "$1" "${PASSWORD[$1]}" "${PORT[amqp_management]}"
}

wallet_environment() { # → WALLET_ENVIRONMENT
    WALLET_ENVIRONMENT=(
        "WALLET_API=http://127.0.0.1:${PORT[ingress]}/api/v1"
        "WALLET_ADMIN_API=http://127.0.0.1:${PORT[admin]}/admin/v1"
        "WALLET_AMQP=$(amqp_url contacto)"
        "WALLET_DATABASE=$(database_url wallet_owner)"
        "WALLET_REDIS=$(redis_url)"
        "WALLET_SANDBOX=http://127.0.0.1:${PORT[sandbox]}"
        "WALLET_AMQP_MANAGEMENT=$(management_url verifier)"
        "WALLET_AMQP_INGRESS=$(amqp_url wallet-ingress)"
        "WALLET_AMQP_WORKERS=$(amqp_url wallet-workers)"
        "WALLET_AMQP_TOPUPS=$(amqp_url topups)"
        "WALLET_AMQP_PAYOUTS=$(amqp_url payouts)"
        "WALLET_AMQP_IDENTITY=$(amqp_url identity)"
        "WALLET_DATABASE_LANE=$(database_url wallet_lane)"
        "WALLET_DATABASE_READER=$(database_url wallet_reader)"
        "WALLET_DATABASE_AUDITOR=$(database_url wallet_auditor)"
        "WALLET_DATABASE_OPERATOR=$(database_url wallet_operator)"
        "WALLET_DATABASE_DIRECTORY=$(database_url wallet_directory)"
        "WALLET_HTTP_HOST=127.0.0.1" "WALLET_HTTP_PORT=${PORT[ingress]}"
        "WALLET_ADMIN_HOST=127.0.0.1" "WALLET_ADMIN_PORT=${PORT[admin]}"
        # A local stack's days pass on demand, and its beneficiaries are all new.
        "WALLET_RELEASE_CLOCK=http://127.0.0.1:${PORT[sandbox]}/clock" "WALLET_EXPRESS_BENEFICIARY_HOURS=0"
        "WALLET_SANDBOX_HOST=127.0.0.1" "WALLET_SANDBOX_PORT=${PORT[sandbox]}"
        "WALLET_METRICS_HOST=127.0.0.1" "WALLET_METRICS_PORT=${PORT[metrics]}"
        "WALLET_KEYRING=$SECRETS/keyring.json"
        "WALLET_JWT_KEY=$SECRETS/identity-key.pem"
        "WALLET_RECEIPT_KEY=$(<"$SECRETS/receipt-key")"
        "WALLET_CALLBACK_SECRETS_PAYMENT=$(<"$SECRETS/callback-secret-payment")"
        "WALLET_CALLBACK_SECRETS_BANK=$(<"$SECRETS/callback-secret-bank")"
        "WALLET_CALLBACK_SECRETS_IDENTITY=$(<"$SECRETS/callback-secret-identity")"
        "WALLET_LOG_FORMAT=text"
        "WALLET_READY_FILE=$RUN/wallet-fleet.ready"
    )
}

# What tests with real servers read. They make their own databases, vhosts and key prefixes.
test_environment() { # → WALLET_ENVIRONMENT
    WALLET_ENVIRONMENT=(
        "WALLET_TEST_DATABASE=$(database_url postgres postgres)"
        "WALLET_TEST_AMQP=$(amqp_url contacto)"
        "WALLET_TEST_AMQPS=$(amqps_url contacto)"
        "WALLET_TEST_CA=$(certificate_folder)/ca.pem"
        "WALLET_TEST_AMQP_MANAGEMENT=$(management_url contacto)"
        "WALLET_TEST_REDIS=$(redis_url)"
        "WALLET_TEST_RUN=$RUN"
    )
}

write_environment() { # FILE
    local entry
    for entry in "${WALLET_ENVIRONMENT[@]}"; do
        printf 'export %s=%q\n' "${entry%%=*}" "${entry#*=}"
    done | write_secret "$1"
}

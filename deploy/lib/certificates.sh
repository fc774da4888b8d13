# shellcheck shell=bash
# A certificate authority of an instance's own and the certificate of its servers, for connections over TLS. Tests use
# them; the servers of `up` speak plainly, on 127.0.0.1 only.
#
# Usage, after `use_instance`:
#   make_certificates FOLDER    makes in FOLDER, once (later calls find what is there and make nothing):
#     ca.pem                    the authority's certificate: what a client is told to trust
#     server.pem, server.key    the server's, for localhost and 127.0.0.1
#     expired.pem, expired.key  one of the same names and authority whose time is over, for tests that it is refused
#     client.pem, client.key    a client's, whose common name is contacto, for servers that ask for one
# The authority's own key is thrown away: nothing else is ever signed with it. The folder and the keys are readable by
# the owner alone. PostgreSQL demands that its key belongs to the user it runs as: copy server.pem and server.key into
# its own folder and hand them over.

readonly CERTIFICATE_DAYS=3650

# Only the servers that tests use offer TLS.
offers_tls() {
    [[ $INSTANCE_NAME == test ]]
}

# Where an instance that offers TLS has its certificates.
certificate_folder() {
    printf '%s' "$SECRETS/certificates"
}

# The folder gets its name when it is whole, so that an interrupted call is simply done again.
make_certificates() { # FOLDER
    [[ ! -s $1/ca.pem ]] || return 0
    local new=$1.new
    rm -rf -- "$new"
    mkdir -p -- "${1%/*}"
    mkdir -m 700 -- "$new"
    (
        umask 077
        make_authority "$new" &&
            issue_certificate "$new" server localhost "$(server_extensions)" -days "$CERTIFICATE_DAYS" &&
            issue_certificate "$new" expired localhost "$(server_extensions)" \
                -startdate "$(certificate_time '3 days ago')" -enddate "$(certificate_time '2 days ago')" &&
            issue_certificate "$new" client contacto "$(client_extensions)" -days "$CERTIFICATE_DAYS" &&
            rm -f -- "$new"/*.csr "$new"/authority.* "$new"/[0-9A-F]*.pem "$new/ca.key"
    ) || fail "openssl could not make certificates in $1"
    rm -rf -- "$1"
    mv -- "$new" "$1"
}

make_authority() { # FOLDER
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days "$CERTIFICATE_DAYS" \
        -keyout "$1/ca.key" -out "$1/ca.pem" -subj '/CN=Contacto Wallet, local authority' \
        -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
        2>/dev/null || return 1
    : >"$1/authority.index"
    random_hex 16 >"$1/authority.serial"
    cat >"$1/authority.conf" <<SETTINGS
[ca]
default_ca = authority
[authority]
database = \$ENV::CERTIFICATE_NEW/authority.index
serial = \$ENV::CERTIFICATE_NEW/authority.serial
new_certs_dir = \$ENV::CERTIFICATE_NEW
default_md = sha256
policy = policy
unique_subject = no
[policy]
commonName = supplied
SETTINGS
}

# `openssl ca` rather than `openssl x509`, because only it can be told both dates (OpenSSL 3.0).
issue_certificate() { # FOLDER NAME COMMON_NAME EXTENSIONS DATE-OPTION…
    local folder=$1 name=$2 common_name=$3 extensions=$4
    shift 4
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -keyout "$folder/$name.key" \
        -out "$folder/$name.csr" -subj "/CN=$common_name" 2>/dev/null || return 1
    printf '%s\n' "$extensions" >"$folder/authority.extensions"
    CERTIFICATE_NEW=$folder openssl ca -batch -notext -config "$folder/authority.conf" -cert "$folder/ca.pem" \
        -keyfile "$folder/ca.key" -extfile "$folder/authority.extensions" -in "$folder/$name.csr" \
        -out "$folder/$name.pem" "$@" 2>/dev/null
}

server_extensions() {
    printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n'
    printf 'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n'
}

client_extensions() {
    printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n'
}

certificate_time() { # WHEN
    date -u -d "$1" +%Y%m%d%H%M%SZ
}

#!/bin/sh
# Makes the certificates of the test servers anew: an authority, a server for 127.0.0.1 and localhost, and a client.
#
# The results are kept in the repository, so that no test needs `openssl`. They are valid for a hundred years, also on
# machines whose clock is late, and they protect nothing: the private keys are public.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

touch "$work/index"
cat >"$work/ca.conf" <<EOF
[ca]
default_ca = test
[test]
database = $work/index
new_certs_dir = $work
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:FALSE
subjectAltName = IP:127.0.0.1,DNS:localhost
extendedKeyUsage = serverAuth
[client]
basicConstraints = critical,CA:FALSE
subjectAltName = DNS:client.invalid
extendedKeyUsage = clientAuth
EOF

request() {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
        -subj "/CN=procession test $1" -keyout "$2" -out "$work/$1.csr"
}

sign() {
    name=$1
    shift
    openssl ca -batch -notext -config "$work/ca.conf" -extensions "$name" \
        -startdate 20200101000000Z -enddate 21200101000000Z -in "$work/$name.csr" -out "$name.pem" "$@"
}

# The authority's key ends with this script: nothing more is to be signed.
request authority "$work/authority.key"
sign authority -selfsign -keyfile "$work/authority.key"
for name in server client; do
    request "$name" "$name.key"
    sign "$name" -cert authority.pem -keyfile "$work/authority.key"
done

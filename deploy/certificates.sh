#!/usr/bin/env bash
# Makes a cluster's certificates with openssl:
#   deploy/certificates.sh DIR CLUSTER host:NAME:IP… [operator:NAME]…
# DIR/ca.{crt,key} are made once and used again; each host gets DIR/NAME/{ca.crt,host.crt,host.key} for its
# --certificates, each operator DIR/NAME/{ca.crt,client.crt,client.key} for the context of the CLI. Keep ca.key away
# from the hosts. Days of validity: $DAYS (365).
set -euo pipefail
umask 077
[ $# -ge 3 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }

readonly directory=$1 cluster=$2 days=${DAYS:-365}
shift 2

new_key() {
  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null ||
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
}

make_authority() {
  new_key "$directory/ca.key"
  openssl req -x509 -new -key "$directory/ca.key" -days "$days" -sha256 -out "$directory/ca.crt" \
    -subj "/O=$cluster/CN=$cluster authority" \
    -addext basicConstraints=critical,CA:true,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign
}

# issue ROLE NAME FILE SUBJECT-ALTERNATIVE-NAMES
issue() {
  local into="$directory/$2" extensions
  mkdir -p "$into"
  new_key "$into/$3.key"
  extensions=$(printf '%s\n' basicConstraints=critical,CA:false keyUsage=critical,digitalSignature \
    extendedKeyUsage=serverAuth,clientAuth "subjectAltName=$4")
  openssl req -new -key "$into/$3.key" -subj "/O=$cluster/OU=$1/CN=$2" |
    openssl x509 -req -CA "$directory/ca.crt" -CAkey "$directory/ca.key" -set_serial "0x$(openssl rand -hex 15)" \
      -days "$days" -sha256 -extfile <(printf '%s\n' "$extensions") -out "$into/$3.crt" 2>/dev/null
  cp "$directory/ca.crt" "$into/ca.crt"
  echo "$1 $2: $into"
}

mkdir -p "$directory"
[ -e "$directory/ca.key" ] || make_authority
for what in "$@"; do
  IFS=: read -r role name address <<<"$what"
  case $role in
    host) issue host "$name" host "DNS:$name${address:+,IP:$address}" ;;
    operator | reader) issue "$role" "$name" client "DNS:$name" ;;
    *) echo "'$what': must be host:NAME:IP, operator:NAME or reader:NAME" >&2; exit 2 ;;
  esac
done

#!/bin/sh
# Certificates for the connections inside an installation: an authority of its own, whose key is thrown away, and one
# certificate for each service, by the name it is asked under.
#
#   certificates.sh FOLDER NAME[:OWNER]…    as in: certificates.sh /tls database:999 counts:999 web:10001
#
# FOLDER/ca/ca.crt is what whoever asks needs; FOLDER/NAME/tls.crt and tls.key are the service's own, the key readable by
# OWNER alone. They hold for two years. Called again it says until when; with ANEW=1 in the environment, or when one is
# missing or over, it makes all of them anew, and every service is then to be restarted. Needs openssl 3.
set -eu
umask 077
folder=$1
shift
days=730

is_good() {
  for service in "$@"; do
    name=${service%%:*}
    [ -s "$folder/$name/tls.key" ] || return 1
    openssl verify -CAfile "$folder/ca/ca.crt" -verify_hostname "$name" "$folder/$name/tls.crt" >/dev/null 2>&1 || return 1
  done
}

if [ -z "${ANEW:-}" ] && is_good "$@"; then
  echo "certificates: those in $folder hold, $(openssl x509 -enddate -noout -in "$folder/ca/ca.crt")"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/config" <<'END'
[req]
distinguished_name = name
prompt = no
[name]
CN = ${ENV::NAME}
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[service]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:${ENV::NAME}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END

# A key and what is signed for it: the authority by itself, a service by the authority.
made() {
  section=$1
  shift
  openssl req -x509 -config "$work/config" -extensions "$section" -days "$days" -sha256 \
    -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/key" -out "$work/crt" "$@" 2>"$work/said" ||
    { cat "$work/said" >&2; exit 1; }
}

export NAME="Citymark inside"
made authority
mv "$work/crt" "$work/ca.crt"
mv "$work/key" "$work/ca.key"
mkdir -p "$folder/ca"
for service in "$@"; do
  NAME=${service%%:*}
  owner=${service#"$NAME"}
  owner=${owner#:}
  made service -CA "$work/ca.crt" -CAkey "$work/ca.key"
  mkdir -p "$folder/$NAME"
  mv "$work/crt" "$folder/$NAME/tls.crt"
  mv "$work/key" "$folder/$NAME/tls.key"
  chmod 755 "$folder/$NAME"
  chmod 644 "$folder/$NAME/tls.crt"
  chmod 600 "$folder/$NAME/tls.key"
  [ -z "$owner" ] || chown "$owner" "$folder/$NAME/tls.key"
  echo "certificates: made $folder/$NAME"
done
# Last, so that a run that was broken off is begun anew.
mv "$work/ca.crt" "$folder/ca/ca.crt"
chmod 755 "$folder" "$folder/ca"
chmod 644 "$folder/ca/ca.crt"

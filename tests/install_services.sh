#!/usr/bin/env bash
# What the tests use beyond Python: a PostgreSQL server, Chromium, nginx, LibreOffice Writer, Chinese fonts. Installs what
# is missing where that is allowed (root on Debian or Ubuntu), says what will be skipped where it is not, and never fails
# the test command.
set -u

missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
  missing+=(chromium)
[ -x /usr/sbin/nginx ] || command -v nginx >/dev/null || missing+=(nginx-light)
command -v soffice >/dev/null || missing+=(libreoffice-writer-nogui)
command -v fc-list >/dev/null || missing+=(fontconfig)
# A font with Chinese characters; which one does not matter.
if ! fc-list :lang=zh family 2>/dev/null | grep -q .; then missing+=(fonts-noto-cjk); fi
[ "${#missing[@]}" -eq 0 ] && exit 0

skipped="without ${missing[*]}: the tests that need them will be skipped (they name the reason)"
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "install_services: no right to install here; $skipped" >&2
  exit 0
fi
echo "install_services: installing ${missing[*]} for the tests" >&2
export DEBIAN_FRONTEND=noninteractive
# No cluster and no running web server of their own: the tests start theirs in folders of their own.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] ||
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get -qq update >/dev/null 2>&1
for package in "${missing[@]}"; do
  apt-get -qq install -y --no-install-recommends "$package" >/dev/null 2>&1 ||
    echo "install_services: apt-get could not install $package; $skipped" >&2
done
exit 0

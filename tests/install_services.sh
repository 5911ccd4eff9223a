#!/usr/bin/env bash
# What the tests use beyond Python: a PostgreSQL server, Chromium with a Chinese font, nginx. Installs what is missing
# where that is allowed (root on Debian or Ubuntu), says what will be skipped where it is not, and never fails the test
# command.
set -u

missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
  missing+=(chromium)
compgen -G '/usr/share/fonts/*/*/*CJK*' >/dev/null || compgen -G '/usr/share/fonts/*/wqy/*' >/dev/null ||
  missing+=(fonts-noto-cjk)
[ -x /usr/sbin/nginx ] || command -v nginx >/dev/null || missing+=(nginx-light)
[ "${#missing[@]}" -eq 0 ] && exit 0

skipped="without ${missing[*]}: the tests that need them will be skipped (they name the reason)"
# What the tests use beyond Python: LibreOffice with Chinese fonts, a PostgreSQL server. Installs it where that is allowed (root on Debian
# or Ubuntu), says what will be skipped where it is not, and never fails the test command.
set -u

# What opens the bulletins' Word files, and the characters they are written in.
install_office() {
  command -v soffice >/dev/null && fc-list :lang=zh family 2>/dev/null | grep -q . && return
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo 'install_services: installing LibreOffice Writer and Chinese fonts for the tests' >&2
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
      libreoffice-writer-nogui fontconfig fonts-noto-cjk; } >/dev/null 2>&1 && return
  fi
  echo 'install_services: no LibreOffice or no Chinese font; Word files will not be opened in the tests' >&2
}
install_office

if compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; then
  exit 0
fi
skipped='tests of the investment database will be skipped (they name the reason)'
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

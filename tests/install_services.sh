#!/usr/bin/env bash
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
  echo "install_services: no PostgreSQL server here and no right to install one; $skipped" >&2
  exit 0
fi
echo 'install_services: installing PostgreSQL for the tests' >&2
export DEBIAN_FRONTEND=noninteractive
# No cluster of its own: the tests start their own server in a folder of their own.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] ||
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
if ! { apt-get -qq update && apt-get -qq install -y --no-install-recommends postgresql; } >/dev/null 2>&1; then
  echo "install_services: apt-get could not install postgresql; $skipped" >&2
fi
exit 0

#!/usr/bin/env bash
# The second engine for the tests, where its Java is; without it they are skipped and say so. Never fails the test command.
if ! java -version 2>&1 | grep -qE 'version "(1[7-9]|[2-9][0-9])'; then
  echo "install_spark: no Java 17 or later; the Spark tests will be skipped (they name the reason)" >&2
elif ! make --no-print-directory spark; then
  echo "install_spark: the Spark group could not be installed; the Spark tests will be skipped" >&2
fi
exit 0

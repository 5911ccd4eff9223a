#!/bin/sh
# The second engine for the tests, where its Java is; without it they are reported as not run.
if java -version 2>&1 | grep -qE 'version "(1[7-9]|[2-9][0-9])'; then
    make --no-print-directory spark
else
    echo "Spark 测试未运行：没有 Java ≥ 17 the Spark tests will not run: no Java 17 or later here" >&2
fi

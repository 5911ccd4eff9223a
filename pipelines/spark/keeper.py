"""`python -m pipelines.spark.keeper FOLDER`: stops the cluster of FOLDER when whoever started this process is gone.

A run that is killed stops nothing; the system closes the stdin it held, and that is heard here.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pipelines.spark.cluster import stop

if __name__ == "__main__":
    try:
        sys.stdin.buffer.read()
    finally:
        stop(Path(sys.argv[1]))

"""Office files with the same bytes whenever they are written."""

from __future__ import annotations

import io
import zipfile
from typing import Any

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first day a zip file can name


def same_zip(document: Any) -> bytes:
    """The bytes of anything with `save(stream)` that writes a zip file, its entries in their order and without date."""
    written = io.BytesIO()
    document.save(written)
    made = io.BytesIO()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            plain = zipfile.ZipInfo(entry.filename, EARLIEST)
            plain.compress_type = zipfile.ZIP_DEFLATED
            plain.external_attr = 0o600 << 16
            plain.create_system = 3
            target.writestr(plain, source.read(entry))
    return made.getvalue()

"""The raw data contracts: one YAML file a source, read into `Contract`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from pipelines.contracts.model import Column, Contract, Table

__all__ = ["Column", "Contract", "Table", "load_contracts"]


@cache
def load_contracts() -> dict[str, Contract]:
    """Every contract by source, in the order of their names.

    Raises `ValueError` naming the file where a contract is malformed.
    """
    contracts: dict[str, Contract] = {}
    for path in sorted(Path(__file__).parent.glob("*.yml")):
        try:
            contract = Contract.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from error
        if contract.source != path.stem:
            raise ValueError(f"{path.name}: source says {contract.source!r}; name the file after its source")
        contracts[contract.source] = contract
    return contracts

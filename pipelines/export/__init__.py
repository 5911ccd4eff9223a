"""The public tables in the forms people ask for: Parquet, CSV, a workbook a quarter, SDMX, a Data Package.

Everything is written from `public.duckdb` alone, and nothing depends on the clock, the run or the machine: the same
release gives the same bytes. `docs/exports.md` says what each file is and how to open it.
"""

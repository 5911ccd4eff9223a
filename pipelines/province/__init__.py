"""A province: many counties below one folder, each an installation of its own, and their roll-up beside them.

`registry` says which counties there are, `nights` runs their nights, `work_file` and `rollup` make the province's own
release from theirs, `public` its public part. What it is for stands in docs/province.md.
"""

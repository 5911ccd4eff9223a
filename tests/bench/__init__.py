"""`make bench`: what each stage of a night costs in seconds and memory, beside a floor measured in the same run."""

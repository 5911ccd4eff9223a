"""What leaders read: made from a release's own marts, and from nothing else."""

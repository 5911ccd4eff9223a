"""The same dbt project on Apache Spark: a loopback cluster, and the night's tables there and back."""

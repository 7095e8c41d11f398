"""Statistics that SQL is no place for: arrays in, figures with their intervals out.

Belongs here: estimators, and the benchmarks' simulations judge them. Numpy and scipy only: no
database, no dbt, no files. dbt's Python models call these functions.
"""

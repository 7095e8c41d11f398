"""Measurements, as programs: `make bench`. They print figures and judge nothing."""

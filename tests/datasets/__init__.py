"""Tests of the datasets: every check, and what the engine makes of rows that cannot be judged."""

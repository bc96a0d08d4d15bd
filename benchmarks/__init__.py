"""What hrdata costs in time and memory, next to other tools; see README.md here."""

"""The commands, a module for each sort; each parses, calls and prints."""

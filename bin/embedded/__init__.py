"""The two embedded servers a fresh machine runs on; see bin/services."""

"""The demo agency: made up, deterministic, relative to today. It stands above every app and nothing imports it."""

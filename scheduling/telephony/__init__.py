"""Clocking by telephone: what is asked and answered (conversation), the words, and the providers' own formats. Pure."""

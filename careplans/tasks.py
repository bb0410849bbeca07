"""Celery entry points: ids in, one service call, harmless when run twice."""

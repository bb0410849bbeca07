"""The placement rules about staff, clients and travel. Each is one small class (scheduling/placement.py)."""

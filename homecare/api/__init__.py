"""What every API endpoint shares: permissions, pages, problem JSON, idempotent writes.

A domain's `api.py` declares viewsets on `homecare.api.viewsets.ScopedViewSet`; `homecare/api/urls.py` collects them
under /api/v1/. The parts live in modules of their own because DRF's settings import them one by one.
"""

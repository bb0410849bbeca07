"""Addresses of the frame itself: the brand sheet, the icon, and the internal page that shows every component."""

from django.urls import path

from homecare.about import About
from homecare.brand import brand_css, favicon
from homecare.components import ComponentsPage

urlpatterns = [
    path("brand.css", brand_css, name="brand-css"),
    path("favicon.ico", favicon, name="favicon"),
    path("about/", About.as_view(), name="about"),
    path("components/", ComponentsPage.as_view(), name="components"),
]

from django.urls import path

app_name = "careplans"
urlpatterns: list = []

"""A Django site in one file, whose view asks another service: where that is, and with which key, is a setting."""

import httpx
from django.conf import settings
from django.http import JsonResponse
from django.urls import path

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "shop"
TASKS_URL, TASKS_KEY = "https://tasks.example.com", ""


def summary(request):
    answer = httpx.get(f"{settings.TASKS_URL}/api/tasks", headers={"X-API-Key": settings.TASKS_KEY}, timeout=5)
    if answer.is_error:
        return JsonResponse({"detail": f"The task list answers {answer.status_code}"}, status=502)
    return JsonResponse({"tasks": answer.json()["total"]})


urlpatterns = [path("summary", summary)]

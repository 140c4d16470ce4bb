"""Django REST framework with SimpleJWT, as their documentations have it, and notes in pages; all in one file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.conf import settings

settings.configure(
    DEBUG=False,
    SECRET_KEY="of-a-server-for-a-test-that-nobody-else-reaches",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path("django.db").resolve()}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "corsheaders",
        "rest_framework",
        "drf_spectacular",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "corsheaders.middleware.CorsMiddleware",
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    CORS_ALLOWED_ORIGINS=["http://localhost:3000"],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
        "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
        "PAGE_SIZE": 20,
    },
)
django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402 - not before it is set up
from django.core.management import call_command, execute_from_command_line  # noqa: E402
from django.urls import include, path  # noqa: E402
from drf_spectacular.views import SpectacularAPIView  # noqa: E402
from rest_framework import routers, serializers, viewsets  # noqa: E402
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView  # noqa: E402


class GroupSerializer(serializers.ModelSerializer):
    class Meta:
        model = Group
        fields = ("id", "name")


class Groups(viewsets.ModelViewSet):
    queryset = Group.objects.order_by("id")
    serializer_class = GroupSerializer


router = routers.DefaultRouter()
router.register("groups", Groups)
urlpatterns = [
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
    path("api/schema/", SpectacularAPIView.as_view(permission_classes=[])),
    path("api/", include(router.urls)),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    User.objects.create_user("verify@example.com", "verify@example.com", "Verify-me-1!")
    execute_from_command_line([sys.argv[0], "runserver", "--noreload", os.environ["PORT"]])

"""Suites of Django's and FastAPI's, to which devkit is the other service. Their packages are PyPI's, pinned."""

from __future__ import annotations

import pytest

from tests.proxy.others.test_fastapi import PACKAGES as FASTAPI
from tests.pypi import site_packages
from tests.pytest_plugin.conftest import ALONE
from tests.pytest_plugin.test_servers import EXAMPLE

pytest_plugins = ["pytester"]

DJANGO = ("asgiref==3.13.0", "django==5.2.19", "pytest-django==4.14.0", "sqlparse==0.6.1")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "packages", "plugins"),
    [("pytest-fastapi", FASTAPI, ()), ("pytest-django", DJANGO, ("-p", "pytest_django.plugin"))],
)
def test_the_other_service_of_a_suite_is_devkit(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    name: str,
    packages: tuple[str, ...],
    plugins: tuple[str, ...],
) -> None:
    cache = getattr(request.config, "cache", None)
    if cache is None:
        pytest.skip("pytest's cache, where the packages are kept, is switched off")
    folder = site_packages(cache, name, *packages)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for file in EXAMPLE.with_name(name).iterdir():
        if file.is_file():
            (pytester.path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    # Libraries of theirs warn of each other.
    pytester.runpytest_subprocess(*ALONE, "-o", "filterwarnings=default", *plugins).assert_outcomes(passed=2)

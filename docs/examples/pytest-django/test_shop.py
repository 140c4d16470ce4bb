"""Django's client calls the site, and the site calls devkit: with pytest-django, and in a TestCase of Django's."""

import pytest
from django.test import SimpleTestCase


@pytest.fixture(autouse=True)
def the_other_service(devkit, settings):
    settings.TASKS_URL, settings.TASKS_KEY = devkit.path_url, devkit.token


def test_the_summary_counts_what_the_other_service_has(devkit, client):
    devkit.client.post("/api/tasks", json={"title": "Buy milk"})
    assert client.get("/summary").json() == {"tasks": 58}


class Down(SimpleTestCase):
    @pytest.fixture(autouse=True)
    def takes(self, devkit):
        self.devkit = devkit

    def test_the_other_service_may_be_down(self):
        with self.devkit.scenario.use("maintenance"):
            assert self.client.get("/summary").status_code == 502

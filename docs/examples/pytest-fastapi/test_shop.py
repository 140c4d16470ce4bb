"""FastAPI's TestClient calls the app, and the app calls devkit."""

import pytest
import shop
from fastapi.testclient import TestClient


@pytest.fixture
def client(devkit):
    shop.app.dependency_overrides[shop.tasks] = lambda: shop.Tasks(devkit.path_url, devkit.token)
    with TestClient(shop.app) as client:
        yield client
    shop.app.dependency_overrides.clear()


def test_the_summary_counts_what_the_other_service_has(devkit, client):
    devkit.client.post("/api/tasks", json={"title": "Buy milk"})
    assert client.get("/summary").json() == {"tasks": 58}


def test_the_other_service_may_be_down(devkit, client):
    with devkit.scenario.use("maintenance"):
        assert client.get("/summary").status_code == 502
    assert devkit.calls("tasks.list").statuses == [503]

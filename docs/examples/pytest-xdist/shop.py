"""The code under test: a client of a task list, which signs in again once its session has ended."""

import httpx

USER = {"email": "test@example.com", "password": "TestPass123!"}


class Unavailable(Exception):
    """The backend is down; `seconds` is how long it asks to be left alone."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"down for {seconds} s")
        self.seconds = seconds


class Tasks:
    def __init__(self, address: str) -> None:
        self.http = httpx.Client(base_url=address)
        self.http.post("/api/auth/login", json=USER).raise_for_status()

    def close(self) -> None:
        self.http.close()

    def total(self) -> int:
        answer = self.http.get("/api/tasks")
        if answer.status_code == 401:
            self.http.post("/api/auth/refresh").raise_for_status()
            answer = self.http.get("/api/tasks")
        if answer.status_code == 503:
            raise Unavailable(int(answer.headers["Retry-After"]))
        return answer.raise_for_status().json()["total"]

    def add(self, title: str) -> None:
        self.http.post("/api/tasks", json={"title": title}).raise_for_status()

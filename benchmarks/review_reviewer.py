"""A simulated reviewer who uses the web server as the page does, and measures its answers."""

import http.client
import json
import random
import re
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any

_LABELS = ("with_mask", "without_mask", "incorrect", "not_a_face")
_AHEAD, _LOW = 16, 10


@dataclass
class Reviewer:
    """One simulated browser tab: signs in by a link and decides one face at a time."""

    port: int
    queue_id: int
    secret: str
    think_seconds: float
    #: Seconds from sending a decision to its answer, which includes the next faces if requested.
    times: list[float] = field(default_factory=list)
    decided: int = 0
    refused: int = 0

    def run(self, ready: threading.Barrier, stop: threading.Event) -> None:
        """Sign in, wait for the others at `ready`, then decide until `stop` is set or no face is left."""
        self._sign_in()
        ready.wait(60)
        faces = deque(self._exchange([], want=_AHEAD)["faces"])
        while faces and not stop.wait(random.uniform(0.5, 1.5) * self.think_seconds):
            item = faces.popleft()["item"]
            action = {
                "key": uuid.uuid4().hex,
                "kind": "decide",
                "items": {str(item): random.choices(_LABELS, (60, 25, 10, 5))[0]},
                "ms": 900,
            }
            want = _AHEAD - len(faces) if len(faces) < _LOW else 0
            began = time.perf_counter()
            answer = self._exchange([action], want=want, holding=[face["item"] for face in faces])
            self.times.append(time.perf_counter() - began)
            saved = answer["answers"][0]["outcome"] == "saved"
            self.decided += saved
            self.refused += not saved
            faces.extend(answer["faces"])
        self._post(f"/review/queues/{self.queue_id}/leave", {"holder": self._holder})
        self._connection.close()

    def _sign_in(self) -> None:
        self._holder = uuid.uuid4().hex
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self._headers = {"Accept": "application/json"}
        place = f"/sign-in/{self.secret}"
        token = self._token_of(self._ask("GET", place))
        form = f"csrf_token={token}"
        self._ask("POST", place, form, {"Content-Type": "application/x-www-form-urlencoded"})
        page = self._ask("GET", f"/review/queues/{self.queue_id}/faces", None, {"Accept": "text/html"})
        self._headers["X-CSRF-Token"] = self._token_of(page)

    def _exchange(self, actions: list[dict[str, Any]], *, want: int, holding: list[int] | None = None) -> Any:
        body = {"holder": self._holder, "actions": actions, "want": want, "holding": holding or []}
        return json.loads(self._post(f"/review/queues/{self.queue_id}/exchange", body))

    def _post(self, path: str, body: dict[str, Any]) -> str:
        return self._ask("POST", path, json.dumps(body), {"Content-Type": "application/json"})

    def _ask(
        self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> str:
        self._connection.request(method, path, body, self._headers | (headers or {}))
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path} gave {answer.status}: {text[:200]}")
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self._headers["Cookie"] = value.partition(";")[0]
        return text

    def _token_of(self, page: str) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        if found is None:
            raise RuntimeError("the page has no CSRF token")
        return found[1]

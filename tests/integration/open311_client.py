"""A client that speaks only GeoReport v2, written from the specification: both formats, nothing else known of the server."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from lxml import etree

LISTS = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
}
REQUEST_FIELDS = (
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
)
"""What the specification says every request has, be it empty."""


class Http(Protocol):
    """What the client needs of an HTTP library."""

    def get(self, url: str, *, params: Mapping[str, str]) -> Any: ...

    def post(self, url: str, *, data: Mapping[str, str]) -> Any: ...


class Open311Failure(Exception):
    """The server's errors: [(code, description)] with the HTTP status."""

    def __init__(self, status: int, errors: list[dict]) -> None:
        super().__init__(errors)
        self.status, self.errors = status, errors


@dataclass(frozen=True)
class Open311Client:
    """GeoReport v2 in one format ("json" or "xml"). What is empty in XML and null in JSON are both None."""

    http: Http
    format: str
    base: str = "/open311/v2"
    jurisdiction_id: str = ""
    api_key: str = ""

    def services(self) -> list[dict]:
        return self._get("services", "services")

    def definition(self, service_code: str) -> dict:
        return self._get(f"services/{service_code}", "service_definition")

    def submit(self, service_code: str, **fields: str) -> dict:
        """POST a service request; its id, or the token where there is no id yet."""
        data = {"service_code": service_code, "api_key": self.api_key, **fields} | self._jurisdiction()
        url = f"{self.base}/requests.{self.format}"
        (answer,) = self._read(self.http.post(url, data=data), "service_requests")
        assert answer.get("service_request_id") or answer.get("token")
        return answer

    def by_token(self, token: str) -> str:
        (answer,) = self._get(f"tokens/{token}", "service_requests")
        return answer["service_request_id"]

    def requests(self, **wanted: str) -> list[dict]:
        return [self._checked(one) for one in self._get("requests", "service_requests", **wanted)]

    def request(self, service_request_id: str) -> dict:
        (answer,) = self._get(f"requests/{service_request_id}", "service_requests")
        return self._checked(answer)

    def _checked(self, request: dict) -> dict:
        assert [name for name in REQUEST_FIELDS if name not in request] == []
        assert request["status"] in ("open", "closed")
        for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
            if request[name] is not None:
                assert datetime.fromisoformat(request[name]).tzinfo is not None, "times have a zone"
        return request

    def _jurisdiction(self) -> dict[str, str]:
        return {"jurisdiction_id": self.jurisdiction_id} if self.jurisdiction_id else {}

    def _get(self, path: str, root: str, **params: str) -> Any:
        return self._read(
            self.http.get(f"{self.base}/{path}.{self.format}", params=params | self._jurisdiction()), root
        )

    def _read(self, response: Any, root: str) -> Any:
        failed = response.status_code >= 400
        content = self._parsed(response, "errors" if failed else root)
        if failed:
            assert all(one["code"] and one["description"] for one in content)
            raise Open311Failure(response.status_code, content)
        return content

    def _parsed(self, response: Any, root: str) -> Any:
        kind = response.headers["content-type"].replace(" ", "").lower()
        if self.format == "json":
            assert kind == "application/json;charset=utf-8"
            return response.json()
        assert kind == "text/xml;charset=utf-8"
        assert response.content.startswith(b"<?xml") and b"UTF-8" in response.content[:60]
        element = etree.fromstring(response.content, etree.XMLParser(resolve_entities=False, no_network=True))
        assert element.tag == root
        return _value(element)


def _value(element: Any) -> Any:
    if element.tag in LISTS:
        assert {child.tag for child in element} <= {LISTS[element.tag]}
        return [_value(child) for child in element]
    if len(element):
        return {child.tag: _value(child) for child in element}
    return element.text

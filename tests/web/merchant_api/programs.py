"""A merchant's program: signs what it sends."""

import json
from dataclasses import dataclass
from typing import Any

import httpx

from kameng.kernel.clock import Clock
from kameng.kernel.km1 import authorization
from kameng.merchants.merchant import Caller

API = "/api/merchant/v1"


@dataclass
class Program:
    client: httpx.AsyncClient
    clock: Clock
    caller: Caller

    async def get(self, target: str) -> httpx.Response:
        return await self.client.get(API + target, headers=self.signed("GET", API + target, b""))

    async def post(self, target: str, body: Any = None) -> httpx.Response:
        raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        return await self.send("POST", API + target, raw, self.signed("POST", API + target, raw))

    async def send(self, method: str, target: str, raw: bytes, headers: dict[str, str]) -> httpx.Response:
        return await self.client.request(method, target, content=raw, headers=headers)

    def signed(self, method: str, target: str, raw: bytes) -> dict[str, str]:
        key, secret = self.caller.key.id, self.caller.secret
        header = authorization(key, secret, method=method, target=target, body=raw, now=self.clock.now())
        return {"authorization": header, "content-type": "application/json"}

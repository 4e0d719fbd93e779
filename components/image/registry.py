"""Asks a container registry what stands behind a tag, over its HTTP API.

The API is that of the OCI distribution specification (1.1), authentication that of Docker's token
specification, which public.ecr.aws and Docker Hub demand for images that are public, too.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_DOCKER_HUB = "registry-1.docker.io"
_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1)(:\d+)?")
_SECONDS = 30
_MAX_BYTES = 4 << 20  # a registry may refuse a larger manifest, says the specification


class RegistryError(Exception):
    """A registry did not say what was asked; the message has the image, the reason, the remedy."""


@dataclass(frozen=True)
class Reference:
    """Where an image is: registry, repository, and its tag or digest."""

    registry: str
    repository: str
    version: str
    name: str
    """The image as it was written, without tag and digest."""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """The reference in `text`, with Docker's own defaults."""
        name, at, digest = text.partition("@")
        head, _, last = name.rpartition("/")
        last, _, tag = last.partition(":")
        name = f"{head}/{last}" if head else last
        first, slash, rest = name.partition("/")
        if slash and (re.search(r"[.:]", first) or first == "localhost"):
            registry, repository = first, rest
        else:
            registry, repository = _DOCKER_HUB, name if slash else f"library/{name}"
        if registry == "docker.io":
            registry = _DOCKER_HUB
        return cls(registry, repository, digest if at else tag or "latest", name)


@dataclass(frozen=True)
class Image:
    """What a registry says of an image.

    Attributes:
        digest: `sha256:<hex>` of the manifest.
        architectures: Its architectures under Linux, by Docker's names; empty where the manifest is
            that of one image alone, which does not say.
    """

    digest: str
    architectures: tuple[str, ...]


def resolve(reference: Reference) -> Image:
    """Ask the registry for the digest of an image.

    Raises:
        RegistryError: There is no such image, or the registry cannot be asked.
    """
    return _Session(reference).image()


class _Session:
    """The questions about one image; keeps the authorization that the first answer asks for."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._authorization = ""
        scheme = "http" if _LOOPBACK.fullmatch(reference.registry) else "https"
        self._base = f"{scheme}://{reference.registry}/v2/{reference.repository}"

    def image(self) -> Image:
        version = urllib.parse.quote(self._reference.version, safe=":")
        # HEAD costs nothing of Docker Hub's limit of pulls, so what is not there is found by it.
        headers, _ = self._ask("HEAD", f"manifests/{version}")
        said = headers.get("Docker-Content-Digest")
        headers, body = self._ask("GET", f"manifests/{said or version}")
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        wanted = self._reference.version if self._reference.version.startswith("sha256:") else said
        if wanted and wanted != digest:
            raise self._error(f"the manifest has the digest {digest}, and {wanted} was expected")
        manifest = self._json(body)
        kind = manifest.get("mediaType") or headers.get_content_type()
        if kind in INDEXES:
            return Image(digest, _architectures(manifest))
        if kind in _MANIFESTS:
            return Image(digest, self._architecture(manifest))
        raise self._error(f"it is of the type {kind}, and no image")

    def _architecture(self, manifest: dict[str, Any]) -> tuple[str, ...]:
        """The architecture of an image that is for one alone: its configuration says it."""
        try:
            digest = str(manifest["config"]["digest"])
        except (KeyError, TypeError) as error:
            raise self._error("its manifest names no configuration") from error
        config = self._json(self._ask("GET", f"blobs/{digest}")[1])
        return (str(config.get("architecture")),)

    def _ask(self, method: str, path: str) -> tuple[Message, bytes]:
        try:
            try:
                return self._answer(method, path)
            except urllib.error.HTTPError as error:
                if error.code != 401 or self._authorization:
                    raise
                self._authorization = self._authorized(error.headers.get("WWW-Authenticate", ""))
                return self._answer(method, path)
        except urllib.error.HTTPError as error:
            raise self._refused(error) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise self._error(
                f"{self._reference.registry} cannot be reached: {reason}. Remedy: see that this "
                "machine reaches the registry, if need be through a proxy (HTTPS_PROXY), or set "
                "populatorImage to NAME@sha256:DIGEST yourself"
            ) from error

    def _answer(self, method: str, path: str) -> tuple[Message, bytes]:
        request = urllib.request.Request(f"{self._base}/{path}", method=method)  # noqa: S310
        request.add_header("Accept", ", ".join((*INDEXES, *_MANIFESTS)))
        if self._authorization:
            # A blob may lie elsewhere, and there the authorization has no business.
            request.add_unredirected_header("Authorization", self._authorization)
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
            return response.headers, response.read(_MAX_BYTES + 1)

    def _authorized(self, challenge: str) -> str:
        """The authorization that a registry's challenge asks for."""
        scheme, _, rest = challenge.partition(" ")
        terms = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if scheme.lower() == "bearer" and terms.get("realm"):
            return f"Bearer {self._token(terms)}"
        found = _ECR.fullmatch(self._reference.registry)
        if scheme.lower() == "basic" and found:
            return f"Basic {self._ecr_token(found[1], found[2])}"
        raise self._error(
            "the registry asks for a password. Remedy: name the digest by hand, as its page or "
            "`docker buildx imagetools inspect` has it: `pulumi config set populatorImage "
            f"{self._reference.name}@sha256:<digest>`"
        )

    def _token(self, terms: dict[str, str]) -> str:
        asked = {"scope": terms.get("scope") or f"repository:{self._reference.repository}:pull"}
        if "service" in terms:
            asked["service"] = terms["service"]
        realm = urllib.parse.urlsplit(terms["realm"])
        if realm.scheme != "https" and not _LOOPBACK.fullmatch(realm.netloc):
            raise self._error(f"its tokens are to be had from {terms['realm']}, which is no https")
        query = "&".join(part for part in (realm.query, urllib.parse.urlencode(asked)) if part)
        url = realm._replace(query=query).geturl()
        with urllib.request.urlopen(url, timeout=_SECONDS) as response:  # noqa: S310
            answer = self._json(response.read(_MAX_BYTES))
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str):
            raise self._error(f"{terms['realm']} gives no token")
        return token

    def _ecr_token(self, account: str, region: str) -> str:
        try:
            client = boto3.client("ecr", region_name=region)
            given = client.get_authorization_token(registryIds=[account])["authorizationData"]
            token = given[0]["authorizationToken"]
            base64.b64decode(token, validate=True)
        except (BotoCoreError, ClientError, ValueError, LookupError) as error:
            raise self._error(
                f"ECR gives no token: {error}. Remedy: AWS credentials that may "
                "ecr:GetAuthorizationToken and ecr:BatchGetImage"
            ) from error
        return str(token)

    def _json(self, body: bytes) -> dict[str, Any]:
        try:
            value = json.loads(body)
        except ValueError as error:
            raise self._error(f"an answer of the registry is no JSON ({error})") from error
        if not isinstance(value, dict):
            raise self._error("an answer of the registry is no JSON object")
        return value

    def _refused(self, error: urllib.error.HTTPError) -> RegistryError:
        if error.code == 404:
            return self._error("there is no such image or tag. Remedy: see how it is spelt")
        if error.code in {401, 403}:
            return self._error("the registry refuses it: there is no such image, or it is private")
        if error.code == 429:
            return self._error("the registry limits how often this address may ask: wait a while")
        return self._error(f"{error.url} answers {error.code} {error.reason}")

    def _error(self, why: str) -> RegistryError:
        separator = "@" if self._reference.version.startswith("sha256:") else ":"
        return RegistryError(f"{self._reference.name}{separator}{self._reference.version}: {why}")


def _architectures(index: dict[str, Any]) -> tuple[str, ...]:
    manifests = index.get("manifests")
    platforms = [
        entry.get("platform") or {}
        for entry in (manifests if isinstance(manifests, list) else [])
        if isinstance(entry, dict)
    ]
    found = {str(each.get("architecture")) for each in platforms if each.get("os") == "linux"}
    return tuple(sorted(found))

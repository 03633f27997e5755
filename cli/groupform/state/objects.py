"""Owns the requests to an object store: read, write once, compare-and-set; what its errors mean (through obstore)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, cast

from groupform.state.shared import StoreDownError
from groupform.state.spelling import refuse

if TYPE_CHECKING:
    from obstore.store import S3Store as Bucket

_TIMEOUT = timedelta(seconds=30)
_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_REFUSED = {"403", "401", "400", "301", "307", "405"}
_NOT_IMPLEMENTED = "501"


class ChangedError(Exception):
    """The object is not what the condition says: somebody else was there, or it was we and the answer got lost."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An object's bytes, and the tag by which a later write says that it has not changed since."""

    data: bytes
    tag: str


class Objects:
    """One bucket. `place` is how a person calls it. Every request is bounded in time; nothing is repeated here but
    what cannot have left, so that a lost answer is never taken for somebody else's write."""

    def __init__(self, bucket: Bucket, place: str) -> None:
        self._bucket = bucket
        self.place = place
        self.writes = 0
        self.written = 0

    async def get(self, name: str) -> Seen | None:
        """An object, or None where there is none. Raises StoreDownError, or Refused where we may not read."""
        import obstore

        try:
            found = await obstore.get_async(self._bucket, name)
            return Seen(bytes(await found.bytes_async()), found.meta["e_tag"] or "")
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise refuse("state-bucket-missing", place=self.place) from None
            return None
        except Exception as error:
            raise self._told(error, name) from None

    async def create(self, name: str, data: bytes) -> str:
        """Writes an object that is not there yet, and returns its tag. Raises ChangedError where one is."""
        return await self._put(name, data, "create")

    async def replace(self, name: str, data: bytes, tag: str) -> str:
        """Writes over an object that still has this tag, and returns the new one. Raises ChangedError otherwise."""
        return await self._put(name, data, {"e_tag": tag})

    async def write_once(self, name: str, data: bytes) -> None:
        """Writes an object whose name nobody else uses."""
        await self._put(name, data, "overwrite")

    async def remove(self, name: str) -> None:
        """Removes an object that nothing names any more. What cannot be removed costs only its space."""
        import obstore

        with contextlib.suppress(Exception):
            await obstore.delete_async(self._bucket, name)

    async def names(self, prefix: str) -> list[str]:
        """The names of all objects below `prefix`, in order."""
        return sorted(await self.written_at(prefix))

    async def written_at(self, prefix: str) -> dict[str, str]:
        """When each object below `prefix` was last written, by its name: UTC, ISO 8601."""
        import obstore

        try:
            return {
                each["path"]: each["last_modified"].astimezone(UTC).isoformat(timespec="seconds")
                async for page in obstore.list(self._bucket, prefix or None)
                for each in page
            }
        except FileNotFoundError:
            raise refuse("state-bucket-missing", place=self.place) from None
        except Exception as error:
            raise self._told(error, prefix) from None

    async def _put(self, name: str, data: bytes, mode: Any) -> str:
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        self.writes += 1
        self.written += len(data)
        try:
            done = await obstore.put_async(self._bucket, name, data, mode=mode, use_multipart=False)
            return done["e_tag"] or ""
        except (AlreadyExistsError, PreconditionError):
            raise ChangedError from None
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error) or mode == "overwrite":
                raise refuse("state-bucket-missing", place=self.place) from None
            raise ChangedError from None  # a condition on an object that is gone
        except Exception as error:
            raise self._told(error, name) from None

    def _told(self, error: Exception, name: str) -> Exception:
        """What an error means. Its own words hold addresses, ids and answers in full: only code and status are told."""
        text = str(error)
        status, code = _STATUS.search(text), _CODE.search(text)
        reason = " ".join(each[1] for each in (status, code) if each)
        if "NoSuchBucket" in text:
            return refuse("state-bucket-missing", place=self.place)
        if status is not None and status[1] == _NOT_IMPLEMENTED:
            return refuse("state-store-unconditional", place=self.place)
        if status is not None and status[1] == "409":
            return ChangedError()  # S3 answers so when two conditional writes meet
        if type(error).__name__ in ("PermissionDeniedError", "UnauthenticatedError") or (
            status is not None and status[1] in _REFUSED
        ):
            return refuse("state-not-allowed", place=f"{self.place}/{name}", reason=reason or type(error).__name__)
        return StoreDownError(reason or _plain(text))


def open_objects(settings: Mapping[str, str], place: str) -> Objects:
    """The bucket that plain settings name: bucket, endpoint, region, keys. Raises ImportError without obstore."""
    from obstore.store import S3Store as Bucket

    endpoint = settings.get("endpoint", "")
    config: dict[str, Any] = {
        name: settings[name]
        for name in ("region", "access_key_id", "secret_access_key", "session_token")
        if settings.get(name)
    }
    if endpoint:
        config["endpoint"] = endpoint.rstrip("/")
    config["virtual_hosted_style_request"] = settings.get("path_style", "true" if endpoint else "false") == "false"
    return Objects(
        Bucket(
            settings["bucket"],
            config=cast(Any, config),
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "timeout": _TIMEOUT,
                "connect_timeout": timedelta(seconds=10),
            },
            # Repeating is ours to decide: a conditional write that is repeated blindly meets itself.
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=1)},
        ),
        place,
    )


def _plain(text: str) -> str:
    """The library's words without its debug output and without addresses."""
    first = text.partition("\n")[0]
    return re.sub(r"https?://\S+", "…", first.rpartition(" - ")[2] or first)[:120]

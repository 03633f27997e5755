"""Owns what the homeserver is told about itself: Synapse's configuration for each profile."""

from __future__ import annotations

import json
from typing import Any

from groupform.sandbox.folder import Folder, Profile, Settings

# https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html#ratelimiting
_FREE = {"per_second": 100_000, "burst_count": 100_000}
_LIFTED: dict[str, Any] = {
    **dict.fromkeys(
        ("rc_message", "rc_registration", "rc_registration_token_validity", "rc_admin_redaction", "rc_joins_per_room"),
        _FREE,
    ),
    **dict.fromkeys(
        ("rc_3pid_validation", "rc_third_party_invite", "rc_media_create", "rc_room_creation", "rc_reports"), _FREE
    ),
    **dict.fromkeys(("rc_delayed_event_mgmt", "rc_user_directory", "rc_profile", "rc_key_requests"), _FREE),
    "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), _FREE),
    "rc_joins": dict.fromkeys(("local", "remote"), _FREE),
    "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), _FREE),
    "rc_presence": {"per_user": _FREE},
}
# Synapse denies every publication where no rule is given, and createRoom answers 200 all the same.
_OPEN = {"room_list_publication_rules": [{"action": "allow"}]}


MARK = "org.groupform.sandbox"
"""Where the server shows whose it is: a key of its /.well-known/matrix/client."""


def homeserver(folder: Folder, settings: Settings) -> dict[str, Any]:
    """Synapse's configuration: loopback only, no federation, no telemetry, registration by shared secret only."""
    return {
        "server_name": settings.server_name,
        "public_baseurl": f"http://127.0.0.1:{settings.port}/",
        # By this the server that answers on the port is told from a stranger's that took it a moment earlier.
        "extra_well_known_client_content": {MARK: settings.mark},
        "listeners": [
            {
                "port": settings.port,
                "type": "http",
                "tls": False,
                "x_forwarded": False,
                "bind_addresses": ["127.0.0.1"],
                "resources": [{"names": ["client"], "compress": False}],
            }
        ],
        "database": {"name": "sqlite3", "args": {"database": str(folder.database)}},
        "media_store_path": str(folder.media),
        "signing_key_path": str(folder.signing_key),
        "log_config": str(folder.log_configuration),
        "report_stats": False,
        "federation_domain_whitelist": [],
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "enable_registration": False,
        "registration_shared_secret": settings.registration_secret,
        "macaroon_secret_key": settings.macaroon_secret,
        "form_secret": settings.macaroon_secret,
        # Passwords here are 256 random bits, which no hash needs to slow down; a start is faster without.
        "bcrypt_rounds": 4,
        **({**_LIFTED, **_OPEN} if settings.profile is Profile.sandbox else {}),
    }


def write(folder: Folder, settings: Settings) -> None:
    """Writes all files a start needs. JSON is YAML, so that no YAML writer is needed here."""
    folder.write(folder.signing_key, settings.signing_key + "\n")
    folder.write(folder.log_configuration, json.dumps(_logging(), indent=2) + "\n")
    folder.write(folder.configuration, json.dumps(homeserver(folder, settings), indent=2) + "\n")


def _logging() -> dict[str, Any]:
    return {
        "version": 1,
        "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "plain"}},
        "root": {"level": "WARNING", "handlers": ["stream"]},
        "disable_existing_loggers": False,
    }

"""Every setting, read once at the start from the environment (prefix `CITYMARK_`); a wrong one stops it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LEAST_SECRET = 32
# Fewer different characters are a pattern and no secret.
LEAST_LETTERS = 12


class Settings(BaseSettings):
    """What may differ between installations; every default works on a bare laptop."""

    model_config = SettingsConfigDict(env_prefix="CITYMARK_", extra="ignore", frozen=True, hide_input_in_errors=True)

    database_url: str = Field("sqlite:///var/citymark.db", description="Where the figures are kept.")
    replica_urls: str = Field(
        "", description="Streaming replicas of it, by commas; published figures are read there."
    )
    language: str = Field("ru", pattern="^[a-z]{2}$", description="The pages' language when the address names none.")
    sources_dir: Path = Field(
        Path("../shared/data"),
        description="Where job files look for source files that do not lie beside them.",
    )
    files_dir: Path = Field(Path("var/files"), description="Where `citymark export` puts vintages as files.")
    write_files: bool = Field(False, description="Whether each new vintage is written there by itself.")
    tasks: Literal["embedded", "worker"] = Field(
        "embedded",
        description="Who does what follows from a publication: web processes too, or `citymark work` alone.",
    )
    max_source_bytes: int = Field(500_000_000, gt=0, description="Largest file a job may read, in bytes.")
    max_source_rows: int = Field(5_000_000, gt=0, description="Most rows a job may read from one file.")
    max_columns: int = Field(1_000, gt=0, description="Most columns a file may have.")
    max_upload_bytes: int = Field(10_000_000, gt=0, description="Largest file an office may send, in bytes.")
    max_upload_rows: int = Field(100_000, gt=0, description="Most rows a file of an office may have.")
    max_upload_columns: int = Field(1_000, gt=0, le=16_384, description="Most columns a file of an office may have.")
    clamd: str = Field(
        "",
        pattern=r"^(/.+|[^/\s]+:\d{1,5})?$",
        description="The ClamAV daemon that looks at such files first: host:port, or the path of its socket.",
    )
    max_kept_bytes: int = Field(64_000_000, ge=0, description="Answers one process keeps in memory, in bytes.")
    max_kept_page_bytes: int = Field(
        32_000_000,
        ge=0,
        description="Pages one process keeps in memory, compressed, in bytes; as much again for their callbacks.",
    )
    max_held_bytes: int = Field(256_000_000, ge=0, description="Figures one process holds in memory, in bytes.")
    max_in_flight: int = Field(
        64, ge=0, description="Requests one process answers at once, more are told to come back; 0 is any number."
    )
    max_heavy: int = Field(
        2, ge=0, description="Of them exports, reports, uploads and scores of one's own; 0 is any number."
    )
    max_page_rows: int = Field(10_000, gt=0, description="Most rows one API answer may hold.")
    calls_per_minute: int | None = Field(
        None, ge=0, description="API calls answered to one address a minute; 0 is any number, 6000 in production."
    )
    token_calls_per_minute: int | None = Field(
        None, ge=0, description="The same for one token; 0 is any number, 12000 in production."
    )
    production: bool = Field(
        False, description="Cookies over HTTPS alone, and no start with a weak or missing secret."
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Seals the way to single sign-on, signs webhooks; 32 characters or more, needed in production.",
    )
    secret_key_before: SecretStr | None = Field(
        None, description="What that key was while it is being changed: still accepted, nothing is made by it alone."
    )
    public_url: str = Field("", description="Where people reach this installation, for links in messages.")
    redis_url: str = Field("", description="Where all workers count tries together; without it in the database.")
    smtp_host: str = Field("", description="The mail server for reminders; without it none can be sent.")
    smtp_port: int = Field(587, gt=0, lt=65_536, description="Its port.")
    smtp_security: Literal["none", "starttls", "tls"] = Field("starttls", description="How the connection is sealed.")
    smtp_user: str = Field("", description="The name to sign in there with, if one is needed.")
    smtp_password: SecretStr | None = Field(None, description="The password to that name.")
    smtp_sender: str = Field("citymark@localhost", description="In whose name messages are sent.")
    oidc_issuer: str = Field("", description="Address of the OpenID Connect provider; without it no single sign-on.")
    oidc_client_id: str = Field("", description="What the provider calls this installation.")
    oidc_client_secret: SecretStr | None = Field(None, description="The secret it has with the provider.")
    oidc_name: str = Field("", description="What the button of single sign-on says after its verb.")
    oidc_acr: str = Field(
        "",
        description="How a provider must have made sure of a person: values of `acr` by spaces; empty for any.",
    )
    passwords: bool = Field(
        True, description="People may also sign in by a password kept here; false needs a provider."
    )
    log_format: Literal["text", "json"] = Field("text", description="Lines for people, or one JSON object a line.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="What is worth a line; info has one for each request."
    )
    metrics: Literal["off", "local", "open"] = Field(
        "local", description="Who may read /metrics: nobody, this machine alone, everybody."
    )
    stop_within_s: int = Field(20, gt=0, description="Longest wait for requests in flight when stopping, in seconds.")
    otlp_endpoint: str = Field(
        "",
        pattern="^(https?://.+)?$",
        description="Where OpenTelemetry spans are sent, as http://host:4318; needs `citymark[telemetry]`.",
    )
    drain_s: float = Field(
        0.0, ge=0, description="How long /readyz says 503 before a stop, while requests are still taken, in seconds."
    )
    tls_cert: Path | None = Field(
        None, description="The certificate with which web processes answer over TLS; without it they answer plainly."
    )
    tls_key: Path | None = Field(None, description="The key to it.")
    trusted_proxies: str = Field(
        "127.0.0.1", description="Whose X-Forwarded-For and X-Forwarded-Proto count: addresses or networks by commas."
    )
    webhooks_private: bool = Field(
        False, description="Webhooks may also go to this machine, to private networks, and by plain http."
    )
    http_timeout_s: float = Field(30.0, gt=0, description="Longest wait for an outside address, in seconds.")

    @property
    def replicas(self) -> tuple[str, ...]:
        """The addresses of the replicas."""
        return tuple(url.strip() for url in self.replica_urls.split(",")) if self.replica_urls.strip() else ()

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The key that things are made by, then the one before it, as far as they are set."""
        keys = (self.secret_key, self.secret_key_before)
        return tuple(key.get_secret_value() for key in keys if key and key.get_secret_value())

    @property
    def calls(self) -> dict[str, int]:
        """Calls a minute that are answered to an address and to a token; 0 is any number."""
        usual = (6_000, 12_000) if self.production else (0, 0)
        return {
            "calls_per_minute": usual[0] if self.calls_per_minute is None else self.calls_per_minute,
            "token_calls_per_minute": (
                usual[1] if self.token_calls_per_minute is None else self.token_calls_per_minute
            ),
        }

    @model_validator(mode="after")
    def _refuse_replicas_of_nothing(self) -> Settings:
        """A replica is a PostgreSQL and has a PostgreSQL to follow."""
        if self.replicas and not _is_postgresql(self.database_url):
            raise ValueError(
                "CITYMARK_REPLICA_URLS needs a PostgreSQL in CITYMARK_DATABASE_URL: SQLite has no replicas"
            )
        if not all(map(_is_postgresql, self.replicas)):
            raise ValueError("CITYMARK_REPLICA_URLS must hold postgresql://… addresses, joined by single commas")
        if len({*self.replicas, self.database_url}) <= len(self.replicas):
            raise ValueError("CITYMARK_REPLICA_URLS names one database twice, or the primary itself")
        return self

    @model_validator(mode="after")
    def _refuse_half_of_tls(self) -> Settings:
        """A certificate without its key, or the other way round, would answer plainly where TLS was meant."""
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("CITYMARK_TLS_CERT and CITYMARK_TLS_KEY belong together: set both or neither")
        return self

    @model_validator(mode="after")
    def _refuse_weak_secrets(self) -> Settings:
        """In production a secret is long and varied, and people come over HTTPS."""
        if self.production:
            for name in self._needed_secrets():
                secret = getattr(self, name)
                if secret is None or _is_weak(secret.get_secret_value()):
                    raise ValueError(
                        f"CITYMARK_{name.upper()} must hold {LEAST_SECRET} or more random characters in production: "
                        "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
                    )
            if not self.public_url.startswith("https://"):
                raise ValueError("CITYMARK_PUBLIC_URL must be the https:// address people use in production")
        if len(self.secret_keys) != len({*self.secret_keys}):
            raise ValueError(
                "CITYMARK_SECRET_KEY_BEFORE is CITYMARK_SECRET_KEY itself: it must be another key, or empty"
            )
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("CITYMARK_OIDC_CLIENT_ID must be set with CITYMARK_OIDC_ISSUER")
        if not self.passwords and not self.oidc_issuer:
            raise ValueError("CITYMARK_PASSWORDS=false needs CITYMARK_OIDC_ISSUER, or nobody could sign in")
        return self

    def _needed_secrets(self) -> list[str]:
        before = self.secret_key_before
        return [
            "secret_key",
            *(["secret_key_before"] if before and before.get_secret_value() else []),
            *(["oidc_client_secret"] if self.oidc_issuer else []),
        ]


def _is_postgresql(url: str) -> bool:
    return url.startswith(("postgresql://", "postgresql+psycopg://"))


def _is_weak(secret: str) -> bool:
    return len(secret) < LEAST_SECRET or len(set(secret)) < LEAST_LETTERS


def read_settings() -> Settings:
    """The settings of this process; raises pydantic's ValidationError naming the wrong variable."""
    return Settings()

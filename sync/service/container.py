"""The daemon in a container: a Dockerfile and a compose file, from what the units are made from.

Rules kept here: nobody in the container is root, nothing in it can be written to but the folder of the state, secrets
are handed over as files, and the daemon itself says whether it is well.
"""

from sync.service.layout import ETC, NAME, STATE, STOPS_WITHIN, UID, WATCHDOG, Service

PYTHON = "3.13-slim"
PROGRAM = f"/opt/{NAME}/bin/{NAME}"
SECRETS = "/run/secrets"


def dockerfile() -> str:
    """Return the Dockerfile; it is built from the folder of the project."""
    return f"""\
# Made by `python -m sync.service deploy`. Build it from the folder above: docker build --file deploy/Dockerfile .
FROM python:{PYTHON} AS build
COPY . /src
RUN python -m venv /opt/{NAME} \\
 && /opt/{NAME}/bin/pip install --no-cache-dir --constraint /src/constraints.txt /src

FROM python:{PYTHON}
RUN useradd --system --uid {UID} --home-dir {STATE} --create-home --shell /usr/sbin/nologin {NAME} \\
 && chmod 0700 {STATE}
COPY --from=build /opt/{NAME} /opt/{NAME}
ENV SYNC_CONFIG={ETC}/config.toml CREDENTIALS_DIRECTORY={SECRETS} PYTHONUNBUFFERED=1
USER {UID}:{UID}
WORKDIR {STATE}
VOLUME {STATE}
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period={WATCHDOG}s --retries=3 \\
 CMD ["{PROGRAM}", "daemon", "--healthcheck"]
ENTRYPOINT ["{PROGRAM}"]
CMD ["daemon"]
"""


def compose(service: Service) -> str:
    """Return the compose file. It stands beside the config file and the folder of the credentials."""
    mounted = "\n".join(f"      - {name}" for name in service.credentials)
    files = "\n".join(f"  {name}:\n    file: ./credentials/{name}" for name in service.credentials)
    return f"""\
# Made by `python -m sync.service deploy`. The files of the secrets have to be readable by user {UID}.
services:
  {NAME}:
    image: {NAME}
    build:
      context: ..
      dockerfile: deploy/Dockerfile
    restart: unless-stopped
    init: true
    user: "{UID}:{UID}"
    read_only: true
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
    tmpfs:
      - /tmp
    stop_grace_period: {STOPS_WITHIN}s
    volumes:
      - ./config.toml:{ETC}/config.toml:ro
      - state:{STATE}
    secrets:
{mounted}
    # The status page, for this machine alone: set listen = "0.0.0.0:8787" and token = "credential:page-token" under
    # [status_page] in config.toml, make this file anew, and publish it. For others, put a proxy with TLS in front.
    # ports:
    #   - "127.0.0.1:8787:8787"

volumes:
  state:

secrets:
{files}
"""

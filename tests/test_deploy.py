"""What is shipped for deployment agrees with what the settings read and the workers serve."""

import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from homecare.celery import app

ROOT = Path(__file__).resolve().parent.parent
APP_SERVICES = {"migrate", "web", "worker-default", "worker-documents", "worker-notify", "beat"}
PROCESS_VARIABLES = {"HOST", "PORT", "WEB_CONCURRENCY", "WEB_THREADS", "WORKER_CONCURRENCY"}
COMPOSE_VARIABLES = {"POSTGRES_PASSWORD", "VALKEY_PASSWORD"}


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def nginx() -> str:
    return re.sub(r"#.*", "", (ROOT / "deploy/nginx.conf").read_text())


def settings_variables() -> set[str]:
    source = (ROOT / "homecare/settings.py").read_text()
    return set(re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z_]+)"', source))


def gunicorn_variables() -> set[str]:
    return set(re.findall(r'os\.environ\.get\("([A-Z_]+)"', (ROOT / "gunicorn.conf.py").read_text()))


def example_variables() -> set[str]:
    return set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines if line)}


def queues_of(command: str | list[str]) -> set[str]:
    words = command.split() if isinstance(command, str) else command
    return set(words[words.index("--queues") + 1].split(",")) if "--queues" in words else set()


def known_queues() -> set[str]:
    return {queue.name for queue in settings.CELERY_TASK_QUEUES}


def test_settings_variables_are_found_in_the_source():
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SITE_URL", "ALLOWED_HOSTS", "EMAIL_URL"} <= settings_variables()


def test_compose_feeds_the_product_only_variables_it_reads(compose):
    read = settings_variables() | gunicorn_variables()
    for name in APP_SERVICES:
        assert set(compose["services"][name]["environment"]) <= read, name


def test_compose_feeds_every_app_service_the_same_installation(compose):
    environments = {name: dict(compose["services"][name]["environment"]) for name in APP_SERVICES}
    shared = environments["beat"]
    assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "SITE_URL", "ALLOWED_HOSTS", "EMAIL_URL"} <= set(shared)
    for name, environment in environments.items():
        for variable in shared.keys() - {"DATABASE_URL"}:
            assert environment[variable] == shared[variable], (name, variable)


def test_compose_asks_only_for_variables_the_example_explains(compose):
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert asked - example_variables() == set()


def test_compose_refuses_to_start_without_secrets():
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "VALKEY_PASSWORD", "SITE_URL", "ALLOWED_HOSTS"):
        uses = re.findall(rf"\$\{{{name}\b(.)", text)
        assert uses and set(uses) == {":"}, name
        assert f"${{{name}:-" not in text, f"{name} must have no default"


def test_example_names_only_variables_that_are_read():
    known = settings_variables() | gunicorn_variables() | PROCESS_VARIABLES | COMPOSE_VARIABLES
    assert example_variables() - known == set()


def test_example_explains_every_variable_an_operator_may_set():
    internal = {"HOMECARE_TEST_DB"}
    assert settings_variables() - internal - example_variables() == set()


def test_example_holds_no_secret():
    values = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert {values[name] for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "VALKEY_PASSWORD")} == {""}


def test_compose_workers_serve_every_queue_once(compose):
    served = [queue for service in compose["services"].values() for queue in queues_of(service.get("command", []))]
    assert sorted(served) == sorted(known_queues())


def test_procfile_worker_serves_every_queue():
    assert queues_of(procfile()["worker"]) == known_queues()


def test_routes_lead_to_queues_that_are_served():
    assert {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} <= known_queues()
    assert settings.CELERY_TASK_DEFAULT_QUEUE in known_queues()


def test_tasks_reach_one_queue_alone():
    queues = app.amqp.queues
    bindings = {(queue.exchange.name, queue.routing_key) for queue in queues.values()}
    assert len(bindings) == len(queues) == len(known_queues())


def test_procfile_runs_web_worker_and_one_beat():
    commands = procfile()
    assert set(commands) == {"web", "worker", "beat"}
    assert "gunicorn.conf.py" in commands["web"] and "homecare.wsgi" in commands["web"]
    assert commands["beat"].startswith("exec celery --app homecare --quiet beat")


def test_compose_exposes_only_the_proxy(compose):
    published = {name for name, service in compose["services"].items() if service.get("ports")}
    assert published == {"nginx"}
    assert not any(service.get("network_mode") for service in compose["services"].values())


def test_compose_keeps_the_stores_on_an_internal_network(compose):
    assert compose["networks"]["data"] == {"internal": True}
    for name in ("postgres", "valkey", "pgbouncer"):
        assert compose["services"][name]["networks"] == ["data"], name
    assert "data" not in compose["services"]["nginx"]["networks"]


def test_compose_sends_the_product_through_pgbouncer_in_transaction_mode(compose):
    pool = compose["services"]["pgbouncer"]["environment"]
    assert pool["POOL_MODE"] == "transaction"
    assert settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] is True
    for name in APP_SERVICES - {"migrate"}:
        url = compose["services"][name]["environment"]["DATABASE_URL"]
        assert url.endswith(f"@pgbouncer:{pool['LISTEN_PORT']}/{pool['DB_NAME']}"), name
    assert "@postgres:5432/" in compose["services"]["migrate"]["environment"]["DATABASE_URL"]
    assert "timezone=UTC" in compose["services"]["postgres"]["command"]


def test_compose_pool_fits_into_the_server(compose):
    connections = next(
        int(word.split("=")[1])
        for word in compose["services"]["postgres"]["command"]
        if word.startswith("max_connections=")
    )
    assert int(compose["services"]["pgbouncer"]["environment"]["DEFAULT_POOL_SIZE"]) < connections - 10


def test_compose_dependencies_and_networks_exist(compose):
    services = compose["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        assert set(service["networks"]) <= set(compose["networks"]), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source.startswith("./deploy/") or source in compose["volumes"], (name, volume)


def test_ports_agree_from_the_proxy_to_gunicorn(compose, nginx):
    port = re.search(r"^EXPOSE (\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1]
    assert re.search(r"server web:(\d+)", nginx)[1] == port
    assert compose["services"]["web"]["expose"] == [port]
    assert f"PORT={port}" in (ROOT / "Dockerfile").read_text()
    assert f"'PORT', '{port}'" in (ROOT / "gunicorn.conf.py").read_text()


def test_dockerfile_puts_files_where_compose_and_settings_expect_them(compose):
    text = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER homecare$", text, re.MULTILINE)
    media = re.search(r"MEDIA_ROOT=(\S+)", text)[1]
    for name in APP_SERVICES:
        assert f"media:{media}" in compose["services"][name]["volumes"], name
    copied = {"deploy/healthcheck.py", "gunicorn.conf.py", "requirements.txt", "package-lock.json"}
    ignored = set((ROOT / ".dockerignore").read_text().split())
    for path in copied:
        assert (ROOT / path).exists() and path.split("/")[0] not in ignored


def test_image_leaves_secrets_and_history_out():
    assert {".git", ".env", "var", ".venv", "tests"} <= set((ROOT / ".dockerignore").read_text().split())


def test_image_runs_the_python_the_product_is_written_for():
    versions = set(re.findall(r"FROM python:(\d\.\d+)-", (ROOT / "Dockerfile").read_text()))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert versions == {project["tool"]["mypy"]["python_version"]}


def test_nginx_overwrites_what_clients_claim_about_themselves(nginx):
    headers = dict(re.findall(r"proxy_set_header (\S+) ([^;]+);", nginx))
    assert headers["X-Forwarded-For"] == "$remote_addr"
    assert headers["X-Forwarded-Proto"] == "$scheme"
    for name in ("X-Forwarded-Host", "X-Forwarded-Port", "X-Real-IP", "Forwarded"):
        assert headers[name] == '""', name
    assert "$proxy_add_x_forwarded_for" not in nginx


def test_nginx_takes_in_uploads_the_product_accepts(nginx):
    limit = int(re.search(r"client_max_body_size (\d+)m;", nginx)[1]) * 1024 * 1024
    assert limit == 25 * 1024 * 1024
    assert limit > settings.REFERRAL_MAX_BYTES
    assert "proxy_request_buffering on;" in nginx


def test_nginx_speaks_only_current_tls_and_logs_no_paths(nginx):
    assert re.search(r"ssl_protocols ([^;]+);", nginx)[1].split() == ["TLSv1.2", "TLSv1.3"]
    log_format = re.search(r"log_format quiet '([^']*)'", nginx)[1]
    assert not {"$request", "$request_uri", "$uri", "$args", "$http_referer"} & set(log_format.split())


@pytest.mark.parametrize("name", ["bin/up", "bin/test", "bin/setup", "bin/services", "bin/lock", ".ci/run"])
def test_commands_can_be_run(name):
    assert (ROOT / name).stat().st_mode & stat.S_IXUSR
    assert (ROOT / name).read_text().startswith("#!")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"])
def test_locked_packages_carry_hashes_and_no_address(name):
    text = (ROOT / name).read_text()
    packages = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert packages
    assert [package.split("==")[0] for package in packages if "--hash=sha256:" not in package] == []
    assert "://" not in text and "--index" not in text


def test_front_end_lock_carries_integrity_and_no_address():
    text = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in text
    packages = yaml.safe_load(text)["packages"]
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []


def test_gunicorn_configuration_follows_the_environment(monkeypatch):
    for key, value in {"HOST": "0.0.0.0", "PORT": "9001", "WEB_CONCURRENCY": "5", "WEB_THREADS": "3"}.items():  # noqa: S104
        monkeypatch.setenv(key, value)
    values: dict = {}
    exec(compile((ROOT / "gunicorn.conf.py").read_text(), "gunicorn.conf.py", "exec"), values)  # noqa: S102
    assert (values["bind"], values["workers"], values["threads"]) == ("0.0.0.0:9001", 5, 3)
    assert values["accesslog"] is None


def test_a_settled_process_has_the_collector_leave_what_is_loaded_alone():
    """In a process of its own: it changes the collector for good."""
    words = (
        "import homecare.wsgi, gc; from homecare.memory import settle; settle(); print(gc.get_freeze_count() > 50_000)"
    )
    ran = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip().endswith("True")

"""Dockerfile, Compose and Kubernetes files without Docker: schemas, and that they agree with the service."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from core.settings import Settings
from models import ServicePart
from web.command_group import SECTIONS

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
#: Services that run our image.
OURS = {name: service for name, service in COMPOSE["services"].items() if "maskloop" in service["image"]}
MANIFESTS = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
_SETTINGS = {f"MASKLOOP_{name.upper()}" for name in Settings.model_fields}
_COMMANDS = {name for names in SECTIONS.values() for name in names}


def _documents() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in MANIFESTS:
        for document in yaml.safe_load_all(path.read_text()):
            yield f"{path.name}: {document['kind']} {document.get('metadata', {}).get('name', '')}", document


DOCUMENTS = dict(_documents())
PODS = {
    name: document["spec"]["template"]["spec"]
    for name, document in DOCUMENTS.items()
    if document["kind"] in ("Deployment", "Job")
}


@pytest.mark.parametrize("version", ["1.30.0", kubernetes_validate.latest_version()])
def test_manifests_fit_the_published_schemas(version: str) -> None:
    for document in DOCUMENTS.values():
        if document["kind"] != "Kustomization":
            kubernetes_validate.validate(document, version, strict=True)


def test_a_manifest_with_a_wrong_field_is_found() -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"prots": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, kubernetes_validate.latest_version(), strict=True)


def test_every_manifest_is_applied_but_the_example_of_the_secret() -> None:
    named = set(next(d for d in DOCUMENTS.values() if d["kind"] == "Kustomization")["resources"])
    assert named == {path.name for path in MANIFESTS} - {"kustomization.yaml", "secret.example.yaml"}


@pytest.mark.parametrize("name", PODS)
def test_pods_are_restricted_and_bounded(name: str) -> None:
    pod = PODS[name]
    assert pod["securityContext"]["runAsNonRoot"] is True and not pod["automountServiceAccountToken"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    volumes = {volume["name"] for volume in pod["volumes"]}
    for container in pod["containers"]:
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] is True and security["capabilities"] == {"drop": ["ALL"]}
        assert security["allowPrivilegeEscalation"] is False
        assert container["resources"]["limits"]["memory"]
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        assert "livenessProbe" in container or "Job" in name
        if container["image"].startswith("maskloop"):
            assert {"/tmp", "/data"} <= {mount["mountPath"] for mount in container["volumeMounts"]}
            assert container["command"][0] == "maskloop" and container["command"][1] in _COMMANDS


def test_manifests_run_every_part_and_probes_ask_for_their_own() -> None:
    found = {}
    for pod in PODS.values():
        for container in pod["containers"]:
            probe = container.get("livenessProbe", {}).get("exec", {}).get("command", [])
            found[container["name"]] = probe
    for part in ServicePart:
        assert found[part.value] == ["maskloop", "health", part.value]
    web = next(c for pod in PODS.values() for c in pod["containers"] if c["name"] == "web")
    assert web["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_names_in_manifests_lead_somewhere() -> None:
    kinds: dict[str, set[str]] = {}
    for document in DOCUMENTS.values():
        kinds.setdefault(document["kind"], set()).add(document.get("metadata", {}).get("name", ""))
    for document in DOCUMENTS.values():
        template = document.get("spec", {}).get("template", {})
        if document["kind"] == "Deployment":
            labels = template["metadata"]["labels"]
            assert document["spec"]["selector"]["matchLabels"].items() <= labels.items()
        if document["kind"] == "Service":
            selected = document["spec"]["selector"]
            pods = [d["spec"]["template"] for d in DOCUMENTS.values() if d["kind"] == "Deployment"]
            (pod,) = [pod for pod in pods if selected.items() <= pod["metadata"]["labels"].items()]
            ports = [port["name"] for c in pod["spec"]["containers"] for port in c.get("ports", [])]
            assert document["spec"]["ports"][0]["targetPort"] in ports
    for pod in PODS.values():
        claims = [v["persistentVolumeClaim"] for v in pod["volumes"] if "persistentVolumeClaim" in v]
        assert {claim["claimName"] for claim in claims} <= kinds["PersistentVolumeClaim"]
        for container in pod["containers"]:
            for source in container.get("envFrom", []):
                (reference,) = source.values()
                kind = "ConfigMap" if "configMapRef" in source else "Secret"
                assert reference["name"] in kinds[kind]


def test_variables_are_settings_of_the_service() -> None:
    given = {
        name
        for document in DOCUMENTS.values()
        if document["kind"] in ("ConfigMap", "Secret")
        for name in document.get("data", document.get("stringData", {}))
    }
    environments = [service["environment"] for service in OURS.values()]
    given |= {name.removesuffix("_FILE") for environment in environments for name in environment}
    # Those of AWS are read by the package of the object store.
    assert {name for name in given if not name.startswith("AWS_")} <= _SETTINGS


@pytest.mark.parametrize("name", OURS)
def test_composed_services_are_confined(name: str) -> None:
    service = OURS[name]
    assert service["user"] == "10001:10001" and service["read_only"] is True
    assert service["cap_drop"] == ["ALL"] and "no-new-privileges:true" in service["security_opt"]
    assert any(place.startswith("/tmp") for place in service["tmpfs"])
    assert service["mem_limit"] and service["pids_limit"]
    assert service["image"] == ("maskloop:full" if name == "trainer" else "maskloop:prediction")
    assert "healthcheck" in service or name == "setup"


def test_every_service_has_a_limit_of_memory_and_no_open_port() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["mem_limit"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_the_example_of_the_environment_has_every_variable_with_its_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    used = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", text))
    assert len(used) == len(set(re.findall(r"\$\{(\w+)", text))), "each has a default"
    example = dict(re.findall(r"^#?(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert example == used
    assert "/.env" in (ROOT / ".gitignore").read_text().split()
    assert ".env" in (ROOT / ".dockerignore").read_text().split()


def _stages() -> dict[str, tuple[str, str]]:
    """Base and text of each stage of the Dockerfile."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    parts = re.split(r"^FROM (\S+) AS (\S+)$", text, flags=re.MULTILINE)[1:]
    return {parts[n + 1]: (parts[n], parts[n + 2]) for n in range(0, len(parts), 3)}


def _lineage(name: str) -> str:
    """The text of a stage and of those that it is made from."""
    stages = _stages()
    base, text = stages[name]
    return (_lineage(base) if base in stages else "") + text


def test_the_prediction_image_has_no_tensorflow_and_the_full_one_is_the_default() -> None:
    stages = _stages()
    assert list(stages)[-1] == "full"
    copied = {name: re.search(r"COPY --from=(\S+)", stages[name][1])[1] for name in ("prediction", "full")}
    locks = {name: set(re.findall(r"requirements/(\w+)\.lock", _lineage(copied[name]))) for name in copied}
    assert locks == {"prediction": {"image"}, "full": {"image", "full"}}
    for lock in locks["prediction"]:
        packages = (ROOT / "requirements" / f"{lock}.lock").read_text()
        assert not re.search(r"^(tensorflow|keras|onnx|tensorboard)==", packages, re.MULTILINE)
        run = set(re.findall(r"^([\w.-]+==[\w.]+)", (ROOT / "requirements/run.lock").read_text(), re.M))
        assert run <= set(re.findall(r"^([\w.-]+==[\w.]+)", packages, re.M))


@pytest.mark.parametrize("target", ["prediction", "full"])
def test_images_run_as_nobody_with_the_code_once(target: str) -> None:
    text = _lineage(target)
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    # What is copied into the image is the virtual environment alone, not the sources beside it.
    assert re.findall(r"^COPY .*$", text, re.MULTILINE) == [
        next(line for line in text.splitlines() if line.startswith("COPY --from="))
    ]
    assert "/opt/maskloop /opt/maskloop" in text and "MASKLOOP_DATA=/data" in text

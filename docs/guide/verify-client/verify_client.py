"""Verifies the header field Weir-Client. Needs Python 3.8 and nothing else."""

import base64
import hashlib
import hmac
import time


def verify(value, keys, request_id, now=None, tolerance=60):
    """Returns what the field says as a dict, or raises ValueError.

    value       the field's value; a request with no such field, or with two, is not verified
    keys        bytes of each key by its id
    request_id  the value of X-Request-ID of the same request
    now         seconds since 1970
    tolerance   seconds that the clocks may differ
    """
    signed, found, signature = value.rpartition(";sig=")
    if not found:
        raise ValueError("no signature")
    said = {}
    for pair in signed.split(";"):
        name, _, text = pair.partition("=")
        if name in said:
            raise ValueError("twice: " + name)
        said[name] = text
    if said.get("v") != "1" or said.get("kid") not in keys:
        raise ValueError("unknown version or key")
    digest = hmac.new(keys[said["kid"]], signed.encode("latin-1"), hashlib.sha256).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
    if not hmac.compare_digest(expected, signature.encode("latin-1")):
        raise ValueError("wrong signature")
    if said["id"] != request_id:
        raise ValueError("signed for another request")
    if abs((time.time() if now is None else now) - int(said["t"])) > tolerance:
        raise ValueError("too old, or from the future")
    return said


if __name__ == "__main__":  # KEY_FILE KEY_ID REQUEST_ID VALUE [NOW]
    import sys

    with open(sys.argv[1], "rb") as file:
        key = file.read().strip()
    at = int(sys.argv[5]) if len(sys.argv) > 5 else None
    try:
        answer = verify(sys.argv[4], {sys.argv[2]: key}, sys.argv[3], at)
        print(answer["addr"], answer["port"], answer["via"], answer["listener"])
    except ValueError as refused:
        sys.exit("refused: %s" % refused)

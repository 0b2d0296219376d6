"""AES in ECB mode with PKCS#7 padding, in which several suppliers wrap their codes (base64 around it)."""

import binascii
from base64 import b64decode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7


def opened(wrapped: str, key: str) -> str:
    """What is inside. The length of the key (16 or 32 bytes) decides between AES-128 and AES-256.

    Raises ValueError, with nothing of the contents in it, for anything that was not wrapped with this key.
    """
    try:
        unlock = Cipher(algorithms.AES(key.encode()), modes.ECB()).decryptor()  # noqa: S305 (the platforms' choice)
        padded = unlock.update(b64decode(wrapped, validate=True)) + unlock.finalize()
        unpad = PKCS7(algorithms.AES.block_size).unpadder()
        return (unpad.update(padded) + unpad.finalize()).decode()
    except (binascii.Error, ValueError):
        pass
    msg = "not wrapped with this key"
    raise ValueError(msg)

"""Which Redis, and as whom: REDIS_URL and what stands apart from it."""

from common.settings.certificates import are_certificates
from common.settings.environment import Environment
from common.settings.redis import AddressMalformed, RedisAddress, RedisCredentials


def read_redis_url(env: Environment) -> str:
    url = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
    try:
        RedisAddress.parse(url)
    except AddressMalformed as error:
        env.refuse(f"REDIS_URL {error}")
    return url


def read_redis_credentials(env: Environment) -> RedisCredentials:
    ca = env.optional("REDIS_CA")
    if ca and not are_certificates(ca):
        env.refuse("REDIS_CA must be certificates (PEM)")
    return RedisCredentials(
        username=env.optional("REDIS_USERNAME"),
        password=env.optional("REDIS_PASSWORD"),
        sentinel_username=env.optional("REDIS_SENTINEL_USERNAME"),
        sentinel_password=env.optional("REDIS_SENTINEL_PASSWORD"),
        ca=ca,
    )

"""What the app service does in Redis, for the check at the start; redis/users.acl.template allows it."""

from common.store.permissions import RedisNeeds

NEEDS = RedisNeeds(
    commands=(
        "MGET session:probe cache:probe",
        "GET session:probe",
        "TIME",
        "PEXPIREAT session:probe 1",
        "PEXPIREAT person:probe 1 GT",
        "GET cache:probe",
        "PEXPIREAT binding:probe 1",
        "SET cache:probe x XX EX 1",
        "EXPIRE cache:probe 1",
        "DEL cache:probe",
        "WATCH cache:probe",
        "SUBSCRIBE session:ended",
        "SUBSCRIBE space:probe",
        "PUBLISH space:probe x",
    ),
    # Pages are shown while a failover is under way; only the idle clock stands still.
    works_without_writes=True,
)

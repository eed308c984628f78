"""What the auth service does in Redis, for the check at the start; redis/users.acl.template allows it."""

from common.redis_permissions import RedisNeeds

NEEDS = RedisNeeds(
    commands=(
        "MGET session:probe cache:probe",
        "GET session:probe",
        "SET session:probe x PXAT 1",
        "PEXPIREAT session:probe 1",
        "PEXPIRETIME session:probe",
        "PTTL session:probe",
        "DEL session:probe",
        "EVAL return 1 session:probe",
        "SET signin:probe x NX GET EX 1",
        "GET person:probe",
        "MGET person:probe",
        "SET person:probe x NX GET PXAT 1",
        "PEXPIREAT person:probe 1 GT",
        "PEXPIRETIME person:probe",
        "EXISTS person:probe",
        "GETRANGE person:probe 0 1",
        "DEL person:probe",
        "EVAL return 1 person:probe",
        "SET lease:probe x NX PX 1",
        "EVAL return 1 lease:probe",
        "DEL lease:probe",
        "SET refreshed:probe x EX 1",
        "PTTL refreshed:probe",
        "EXISTS refreshed:probe",
        "DEL refreshed:probe",
        "SET cache:probe x XX EX 1",
        "DEL cache:probe",
        "PUBLISH session:ended x",
        "PUBLISH refreshed:probe x",
        "PSUBSCRIBE refreshed:*",
    ),
    works_without_writes=False,
)

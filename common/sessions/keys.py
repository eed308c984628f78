"""Where a person's list of sessions lies in Redis, for whoever prolongs or ends what is in it.

`person:{<name>}` is the list's head: how many places it has. `person:{<name>}:<n>` is the entry at place
n: a session's handle, and what auth_service.sessions.person_index has sealed. Each is a key of its own, so
that it ends with its session. The braces make a cluster keep a list's keys together (Redis documentation,
"Hash tags"), so that a script may use several of them.
"""

# How many places the list has now: those at its end that nobody has any more do not count.
PLACES = """
local places = tonumber(redis.call('GET', KEYS[1])) or 0
while places > 0 and redis.call('EXISTS', KEYS[1] .. ':' .. places) == 0 do places = places - 1 end
"""
# KEYS: the head, then entries; ARGV: whose each is. A place may have gone to another session meanwhile.
# The head ends with the last of the entries that are left; only if it was freed, all have to be asked.
FREE = f"""
local freed = 0
for i, handle in ipairs(ARGV) do
    if redis.call('GETRANGE', KEYS[i + 1], 0, #handle - 1) == handle then
        freed = math.max(freed, redis.call('PEXPIRETIME', KEYS[i + 1]))
        redis.call('DEL', KEYS[i + 1])
    end
end
if freed == 0 then return end
{PLACES}
if places == 0 then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], places, 'KEEPTTL')
if freed < redis.call('PEXPIRETIME', KEYS[1]) then return end
local last = 0
for place = 1, places do
    last = math.max(last, redis.call('PEXPIRETIME', KEYS[1] .. ':' .. place))
end
redis.call('PEXPIREAT', KEYS[1], last)
"""


def head_key(name: str) -> str:
    return f"person:{{{name}}}"


def entry_key(head: str, place: int) -> str:
    return f"{head}:{place}"


def head_of(entry: str) -> str:
    return entry.rpartition(":")[0]

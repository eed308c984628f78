"""A person's list as the former release has it, for one release: places by number, each anybody's in turn.

Its entries are seen and ended here, and move to the list of today (auth_service.sessions.relisting) when
their sessions are used.
"""

from common.sessions.keys import former_entry_key

# More places than any person's browsers take; a head that says more, or no number, is not ours and counts
# as none.
MOST_PLACES = 100_000
# KEYS: the head, then entries; ARGV: whose each is. A place may have gone to another session meanwhile. What
# is left of the head ends with the last of its entries.
FREE = f"""
local freed = 0
for i, handle in ipairs(ARGV) do
    if redis.call('GETRANGE', KEYS[i + 1], 0, #handle - 1) == handle then
        freed = math.max(freed, redis.call('PEXPIRETIME', KEYS[i + 1]))
        redis.call('DEL', KEYS[i + 1])
    end
end
if freed == 0 then return end
local places = tonumber(redis.call('GET', KEYS[1])) or 0
if not (places >= 0 and places <= {MOST_PLACES} and places == math.floor(places)) then places = 0 end
local last, used = 0, 0
for place = 1, places do
    local ends = redis.call('PEXPIRETIME', KEYS[1] .. ':' .. place)
    last = math.max(last, ends)
    if ends > 0 then used = place end
end
if used == 0 then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], used, 'PXAT', last)
"""


def entries(head: str, said: bytes | None) -> list[str]:
    """The keys of all places that a head speaks of."""
    places = int(said) if said and said.isdigit() and len(said) < 10 else 0
    count = places if places <= MOST_PLACES else 0
    return [former_entry_key(head, place) for place in range(1, count + 1)]

//! What Redis does at once, in its own language. Keys and arguments stand where each script reads them: the first three
//! arguments are how many events, bytes and milliseconds of a stream are kept, empty for all.

use crate::provider::redis_script::Script;

/// What the others begin with.
macro_rules! script {
    ($code:literal) => {
        concat!(
            r"
local stream, state = KEYS[1], KEYS[2]
local max_events, max_bytes, max_age = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function whole(number) return string.format('%.0f', number) end
local function place(entry) return tonumber(string.match(entry[1], '^%d+')) end
local function oldest() return redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1] end
local function size(fields) return #fields[4] + #fields[6] end
local function last() return tonumber(redis.call('HGET', state, 'last') or '0') end
local function trim()
    local entry = oldest()
    while entry do
        local fields = entry[2]
        local bytes = tonumber(redis.call('HGET', state, 'bytes') or '0')
        local goes = max_events and last() - place(entry) >= max_events
            or max_bytes and bytes > max_bytes
            or max_age and now - tonumber(fields[2]) >= max_age
        if not goes then return end
        redis.call('XDEL', stream, entry[1])
        redis.call('HINCRBY', state, 'bytes', whole(-size(fields)))
        entry = oldest()
    end
end
local function parts(entry)
    local fields = entry[2]
    return whole(place(entry)), fields[2], fields[4], fields[6]
end
",
            $code
        )
    };
}

/// Adds an event. Arguments: the expected position or nothing, type, data. Answers whether it did, and the position.
pub(super) static APPEND: Script = Script::new(script!(
    r"
local position = last()
if ARGV[4] ~= '' and ARGV[4] ~= whole(position) then return {0, position} end
position = position + 1
redis.call('XADD', stream, whole(position) .. '-0', 'time', whole(now), 'type', ARGV[5], 'data', ARGV[6])
redis.call('HINCRBY', state, 'bytes', whole(#ARGV[5] + #ARGV[6]))
redis.call('HSET', state, 'last', whole(position))
trim()
return {1, position}
"
));

/// Reads events. Arguments: the first position, how many events and bytes at most. Answers whether there are no more, and
/// those found.
pub(super) static READ: Script = Script::new(script!(
    r"
if max_age then trim() end
local from, most, most_bytes = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local found, bytes = {}, 0
while true do
    local entry = redis.call('XRANGE', stream, from, '+', 'COUNT', 1)[1]
    if not entry then return {1, found} end
    bytes = bytes + size(entry[2])
    if #found > 0 and (#found >= most or bytes > most_bytes) then return {0, found} end
    found[#found + 1] = {parts(entry)}
    from = whole(place(entry) + 1)
end
"
));

/// Answers with the positions of the oldest event that is kept, or 0, and of the last one.
pub(super) static INFO: Script = Script::new(script!(
    r"
if max_age then trim() end
local entry = oldest()
return {entry and place(entry) or 0, last()}
"
));

/// Answers with what a subscription is to get. Keys after the first two: subscriptions, lease. Arguments: the
/// subscription, who asks, how many milliseconds the lease lasts, and life and position of what was handled, or nothing.
pub(super) static NEXT: Script = Script::new(script!(
    r"
local subscriptions, lease, name, token = KEYS[3], KEYS[4], ARGV[4], ARGV[5]
local held = redis.call('HGET', subscriptions, name)
if not held then return {'ended'} end
local holder = redis.call('GET', lease)
if holder and holder ~= token then return {'elsewhere'} end
redis.call('SET', lease, token, 'PX', ARGV[6])
local life, position = string.match(held, '^(%d+):(%d+)$')
if ARGV[7] == life and tonumber(ARGV[8]) > tonumber(position) then
    position = ARGV[8]
    redis.call('HSET', subscriptions, name, life .. ':' .. position)
end
if max_age then trim() end
local entry = redis.call('XRANGE', stream, whole(tonumber(position) + 1), '+', 'COUNT', 1)[1]
if not entry then return {'nothing'} end
return {life, parts(entry)}
"
));

/// Notes a subscription. Keys: subscriptions, the stream's state. Arguments: the subscription, the position after which
/// it begins or nothing, its life, how many there may be. Answers 0 where it is there, 1 where it is new, 2 where there
/// are too many, and the position after which it delivers.
pub(super) static SUBSCRIBE: Script = Script::new(
    r"
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held then return {0, string.match(held, '%d+$')} end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then return {2, '0'} end
local position = ARGV[2]
if position == '' then position = redis.call('HGET', KEYS[2], 'last') or '0' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3] .. ':' .. position)
return {1, position}
",
);

/// Lets go of a lease, if it is who asks that holds it.
pub(super) static RELEASE: Script = Script::new(
    r"
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
",
);

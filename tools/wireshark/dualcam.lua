-- Wireshark's view of the Teltonika DualCam protocol; facts: dualcam-protocol(7).
-- Filters: dualcam.imei, dualcam.cmd, dualcam.crc.bad, dualcam.proxy. TCP is put together by Wireshark.
-- Another port than 7050: Analyze > Decode As, or -d tcp.port==N,dualcam.
-- Of segments that came in the wrong order Wireshark hands over none, unless its preference
-- tcp.reassemble_out_of_order is set; where it is, it hands over none behind a gap.

local dualcam = Proto("dualcam", "Teltonika DualCam")

local FROM_DEVICE = {
  [0] = "INIT", [1] = "START", [3] = "SYNC", [4] = "DATA", [5] = "STATUS", [0x0B] = "METADATA",
  [0x0D] = "PATH", [0x0E] = "ENHANCED DATA"
}
local FROM_SERVER = {
  [0] = "CLOSE", [2] = "RESUME", [5] = "STATUS", [8] = "FILE REQUEST", [9] = "REPEAT INIT",
  [0x0A] = "METADATA REQUEST", [0x0C] = "PATH REQUEST"
}
local LEAST = { [1] = 6, [2] = 4, [3] = 4, [4] = 2, [5] = 4, [8] = 1, [0x0A] = 0, [0x0B] = 0,
                [0x0C] = 2, [0x0D] = 0, [0x0E] = 6 }
local MOST = { [1] = 6, [2] = 4, [3] = 4, [4] = 4098, [5] = 4, [8] = 65535, [0x0A] = 65535,
               [0x0B] = 4096, [0x0C] = 2, [0x0D] = 65535, [0x0E] = 4102 }
local INIT_SIZE, HEADER, DATA, ENHANCED = 16, 4, 4, 0x0E
local MOST_INNER_HEADERS = 8 -- that are looked at within a packet
local PROXY_1, PROXY_2 = "PROXY ", "\r\n\r\n\0\r\nQUIT\n"
local MOST_PROXY_1, MOST_PROXY_2 = 107, 4096
local NUMBERS = 0x100000000 -- of TCP; 2 ^ 32 is a float in Lua 5.4, and no place may be one
local REQUESTS = { ["%photof"] = true, ["%photor"] = true, ["%videof"] = true, ["%videor"] = true }
local TRIGGERS = { [0] = "server request", "DIN1", "DIN2", "crash", "towing", "idling", "geofence",
                   "unplug", "green driving", "periodic", "DIN3", "DIN4" }
local ADAS_TRIGGERS = { [0] = "server request", "DIN1", "DIN2", "DIN3", "DIN4", "crash", "towing",
                        "idling", "geofence", "unplug", "green driving" }
local DSM_TRIGGERS = { [0] = "none", "DIN1", "DIN2", "DIN3", "DIN4", "crash", "towing", "idling",
                       "geofence", "unplug", "green driving", "server request", "periodic",
                       "DSM event", "file retransmit" }
local DSM_EVENTS = { "drowsiness", "distraction", "yawning", "phone", "smoking", "driver absence",
                     "mask", "seat belt", "G-sensor" }

local f = {
  cmd = ProtoField.string("dualcam.cmd", "Command"),
  at = ProtoField.uint64("dualcam.at", "Byte of the stream"),
  id = ProtoField.uint16("dualcam.id", "Command id", base.HEX),
  length = ProtoField.uint16("dualcam.length", "Length"),
  protocol = ProtoField.uint16("dualcam.protocol", "Protocol"),
  imei = ProtoField.string("dualcam.imei", "IMEI"),
  settings = ProtoField.uint32("dualcam.settings", "Settings", base.HEX),
  photof = ProtoField.bool("dualcam.offers.photof", "Front photo", 32, nil, 0x04000000),
  photor = ProtoField.bool("dualcam.offers.photor", "Rear photo", 32, nil, 0x08000000),
  videof = ProtoField.bool("dualcam.offers.videof", "Front video", 32, nil, 0x10000000),
  videor = ProtoField.bool("dualcam.offers.videor", "Rear video", 32, nil, 0x20000000),
  by_path = ProtoField.bool("dualcam.offers.path", "A file by path", 32, nil, 0x02000000),
  proxy = ProtoField.string("dualcam.proxy", "Camera behind the balancer"),
  start = ProtoField.uint32("dualcam.start", "Packets, or bytes by path"),
  rest = ProtoField.uint16("dualcam.start_rest", "Behind it", base.HEX),
  resume = ProtoField.uint32("dualcam.resume", "Offset wanted"),
  sync = ProtoField.uint32("dualcam.sync", "Offset that comes"),
  number = ProtoField.uint32("dualcam.packet", "Packet"),
  offset = ProtoField.uint32("dualcam.offset", "Byte of the file"),
  data = ProtoField.bytes("dualcam.data", "Data"),
  crc = ProtoField.uint16("dualcam.crc", "CRC", base.HEX),
  computed = ProtoField.uint16("dualcam.crc.computed", "CRC computed", base.HEX),
  bad = ProtoField.bool("dualcam.crc.bad", "CRC bad"),
  status = ProtoField.uint32("dualcam.status", "Status"),
  file = ProtoField.string("dualcam.file", "File"),
  path = ProtoField.string("dualcam.path", "Path"),
  skipped = ProtoField.bytes("dualcam.skipped", "No command"),
  version = ProtoField.uint8("dualcam.metadata.version", "Version"),
  kind = ProtoField.uint8("dualcam.metadata.type", "File type", base.HEX),
  time = ProtoField.absolute_time("dualcam.metadata.time", "Time", base.UTC),
  trigger = ProtoField.uint8("dualcam.metadata.trigger", "Trigger"),
  seconds = ProtoField.uint16("dualcam.metadata.seconds", "Length in seconds"),
  fps = ProtoField.uint8("dualcam.metadata.fps", "Frames a second"),
  zone = ProtoField.int16("dualcam.metadata.zone", "Minutes from UTC"),
  latitude = ProtoField.double("dualcam.metadata.latitude", "Latitude"),
  longitude = ProtoField.double("dualcam.metadata.longitude", "Longitude"),
  trigger_time = ProtoField.absolute_time("dualcam.metadata.trigger_time", "Trigger time",
                                          base.UTC),
  events = ProtoField.uint16("dualcam.metadata.events", "Events", base.HEX),
  driver = ProtoField.string("dualcam.metadata.driver", "Driver"),
  json = ProtoField.string("dualcam.metadata.json", "JSON")
}
do
  local list = {}
  for _, field in pairs(f) do list[#list + 1] = field end
  dualcam.fields = list
end
local crc_expert = ProtoExpert.new("dualcam.crc.expert", "CRC does not fit the chain",
                                   expert.group.CHECKSUM, expert.severity.ERROR)
local cut_expert = ProtoExpert.new("dualcam.cut.expert", "Not all of the packet is there",
                                   expert.group.MALFORMED, expert.severity.ERROR)
local skip_expert = ProtoExpert.new("dualcam.skipped.expert", "Bytes that are no command",
                                    expert.group.MALFORMED, expert.severity.WARN)
dualcam.experts = { crc_expert, cut_expert, skip_expert }

-- CRC-16/KERMIT, without a library for bits: their names differ from one Lua to the next.
local XOR, LOW, HIGH = {}, {}, {}
for a = 0, 15 do
  for b = 0, 15 do
    local x, y, bit, sum = a, b, 1, 0
    while bit < 16 do
      if x % 2 ~= y % 2 then sum = sum + bit end
      x, y, bit = math.floor(x / 2), math.floor(y / 2), bit * 2
    end
    XOR[a * 16 + b] = sum
  end
end
local function xor8(a, b)
  local al, bl = a % 16, b % 16
  return XOR[al * 16 + bl] + 16 * XOR[(a - al) + (b - bl) / 16]
end
for i = 0, 255 do
  local low, high = i, 0
  for _ = 1, 8 do
    local carry = low % 2
    low = (low - carry) / 2 + (high % 2) * 128
    high = (high - high % 2) / 2
    if carry == 1 then low, high = xor8(low, 0x08), xor8(high, 0x84) end
  end
  LOW[i], HIGH[i] = low, high
end
local function crc16(text, start)
  local low, high = start % 256, math.floor(start / 256)
  for i = 1, #text do
    local at = xor8(low, text:byte(i))
    low, high = xor8(LOW[at], high), HIGH[at]
  end
  return high * 256 + low
end

-- Bytes are Lua strings here, places in them count from 0, and places in a stream from its first
-- byte. What follows goes by the rules of dcam-crc (dualcam/capture/dump.hpp), so that both say the
-- same of one capture: first what bytes look like, then what packets mean for a transfer, then how
-- commands are found.
local function u16(w, at)
  local high, low = w:byte(at + 1, at + 2)
  return high * 256 + low
end
local function u32(w, at) return u16(w, at) * 65536 + u16(w, at + 2) end
local function imei_at(w, at) return (u32(w, at) * 2 ^ 32) + u32(w, at + 4) end
local function imei_text(imei) return string.format("%015.0f", imei) end

local function begins_init(w, at)
  if #w - at < INIT_SIZE or u16(w, at) ~= 0 then return false end
  local protocol, imei = u16(w, at + 2), imei_at(w, at + 4)
  return protocol >= 1 and protocol < 256 and imei > 0 and imei < 1e15
end

local function address_text(w, at, size) -- text, of 4 bytes or of 16
  local parts = {}
  for i = at, at + size - 1, size == 4 and 1 or 2 do
    parts[#parts + 1] = size == 4 and tostring(w:byte(i + 1)) or string.format("%x", u16(w, i))
  end
  return size == 4 and table.concat(parts, ".") or "[" .. table.concat(parts, ":") .. "]"
end

-- What a balancer sends before a device's own bytes: the size of its PROXY header, and who the
-- device is, if it says so. 0: there is none; nil: not all of it is there.
local function proxy_header(w)
  local function begins(what) return w:sub(1, #what) == what:sub(1, #w) end
  if #w > 0 and begins(PROXY_1) then
    local line = w:match("^[^\r]*\r\n")
    if not line then return #w >= MOST_PROXY_1 and 0 or nil end
    local address, port = line:match("^PROXY TCP[46] (%S+) %S+ (%d+) %d+\r\n$")
    local is_v6 = address and address:find(":", 1, true)
    return #line <= MOST_PROXY_1 and #line or 0,
      address and (is_v6 and "[" .. address .. "]" or address) .. ":" .. port
  elseif #w > 0 and begins(PROXY_2) then
    if #w < 16 then return nil end
    local size = 16 + u16(w, 14)
    if math.floor(w:byte(13) / 16) ~= 2 or size > MOST_PROXY_2 then return 0 end
    if #w < size then return nil end
    local length = ({ [0x11] = 4, [0x21] = 16 })[w:byte(14)]
    local is_told = w:byte(13) == 0x21 and length and size >= 16 + 2 * length + 4
    return size, is_told and address_text(w, 16, length) .. ":" .. u16(w, 16 + 2 * length) or nil
  end
  return 0
end

local function is_data(id) return id == DATA or id == ENHANCED end

-- More bytes are needed to tell: nil; none come: false.
local function undecided(at_end)
  if at_end then return false end
  return nil
end

-- The size of the command at `at`; 0: there is none; nil: too few bytes to tell. `known`: what the
-- stream has told so far.
local function command_size(w, at, known)
  local left = #w - at
  if left < 2 then return nil end
  local id = u16(w, at)
  if not FROM_DEVICE[id] then return 0 end
  if id == 0 then return INIT_SIZE end
  if left < HEADER then return nil end
  local length = u16(w, at + 2)
  if length < LEAST[id] or length > MOST[id] then return 0 end
  if id == DATA and length > known.largest + 2 then return 0 end
  return HEADER + length
end

local function server_command_size(w, at)
  local left = #w - at
  if left < 2 then return nil end
  local id = u16(w, at)
  if id == 0 or id == 9 then return (left >= HEADER and u16(w, at + 2) == 0) and HEADER or 2 end
  if not FROM_SERVER[id] then return 0 end
  if left < HEADER then return nil end
  local length = u16(w, at + 2)
  return length >= LEAST[id] and length <= MOST[id] and HEADER + length or 0
end

-- Of the whole DATA or ENHANCED DATA there: the CRC that it has if it goes on from `start`.
local known_crcs, known_crcs_of = {}, nil
local function crc_from(w, at, size, start)
  if w ~= known_crcs_of then known_crcs, known_crcs_of = {}, w end
  local key = (at * 8192 + size) * 65536 + start
  local skipped = u16(w, at) == ENHANCED and 8 or HEADER
  known_crcs[key] = known_crcs[key] or crc16(w:sub(at + skipped + 1, at + size - 2), start)
  return known_crcs[key]
end
local function fits_chain(w, at, size, starts)
  local stored = u16(w, at + size - 2)
  for _, start in ipairs(starts) do
    if crc_from(w, at, size, start) == stored then return true end
  end
  return u16(w, at) == ENHANCED and crc_from(w, at, size, 0) == stored
end

local function is_likely_content(w, at, size, id, known)
  if id == 0 then
    local usual = u16(w, at + 14) == 1024
    return begins_init(w, at) and (usual or imei_at(w, at + 4) == known.imei)
  elseif id == 5 then
    return u32(w, at + 4) <= 0xFF
  elseif id == 1 or id == 3 then
    local most = id == 3 and known.packets or 2 ^ 24
    return known.in_bytes or u32(w, at + 4) <= most
  elseif id == 0x0B then
    local payload = w:sub(at + HEADER + 1, at + size)
    if payload:find("^[%[ \t\r\n]*{") then return true end
    local first = payload:byte(1) or 0
    return #payload >= 13 and first ~= 0 and
      (first < 0x10 or #payload == 15 or #payload == 16 or #payload == 26)
  elseif id == 0x0D then
    return size > HEADER and not w:sub(at + HEADER + 1, at + size):find("[^%z\32-\126]")
  end
  return true
end

-- Whether a command begins there; nil: more bytes are needed to tell.
local function begins_command(w, at, at_end, known)
  if at == #w then return at_end or nil end
  local size = command_size(w, at, known)
  if not size then return at_end and w:byte(at + 1) == 0 or undecided(at_end) end
  if size == 0 then return false end
  local id, whole = u16(w, at), #w - at >= size
  if id == ENHANCED and not known.in_bytes then
    if not whole then return undecided(at_end) end
    return fits_chain(w, at, size, known.starts)
  end
  if is_data(id) then return true end
  if not whole then return at_end and id ~= 0 or undecided(at_end) end
  return is_likely_content(w, at, size, id, known)
end

-- METADATA may have a byte that its length does not count: a command begins behind it then.
local function has_uncounted_byte(w, at, size, at_end, known)
  local behind = at + size
  if u16(w, at) ~= 0x0B or size ~= HEADER + 13 or behind == #w then return false end
  local here = begins_command(w, behind, at_end, known)
  if here == nil then return nil end
  return not here and begins_command(w, behind + 1, at_end, known)
end

local function goes_on(w, at, size, next_at, next_size)
  if u16(w, at) ~= u16(w, next_at) then return false end
  if u16(w, at) == ENHANCED and u32(w, next_at + 4) ~= u32(w, at + 4) + size - 10 then
    return false
  end
  return fits_chain(w, next_at, next_size, { u16(w, at + size - 2) })
end

-- Whether a packet of the usual size, from which the next one goes on, begins within this one: then
-- this one's header is file content, and its end is another's by chance.
local function hides_another(w, at, size, known)
  local id = u16(w, at)
  local usual = known.usual + (id == ENHANCED and 6 or 2)
  if size == usual + HEADER then return false end
  local header = string.char(0, id, math.floor(usual / 256), usual % 256)
  local place = at
  for _ = 1, MOST_INNER_HEADERS do
    place = w:find(header, place + 2, true)
    if not place or place > at + size then return false end
    place = place - 1
    local behind = place + HEADER + usual
    local next_size = command_size(w, behind, known)
    if next_size and next_size > 0 and #w - behind >= next_size and is_data(u16(w, behind)) and
        goes_on(w, place, HEADER + usual, behind, next_size) then
      return true
    end
  end
  return false
end

-- Of a command that vouches for itself: what ends a segment is not waited behind.
local function is_followed(w, at, at_end, known)
  return at == #w or begins_command(w, at, at_end, known)
end

-- Whether commands go on from there behind a lost stretch; nil: more bytes are needed to tell.
local function is_way_back(w, at, at_end, known)
  local size = command_size(w, at, known)
  if size == 0 then return false end
  if not size or #w - at < size then return undecided(at_end) end
  local id = u16(w, at)
  if not is_data(id) then
    local begins = begins_command(w, at, at_end, known)
    if not begins then return begins end
    local follows = is_followed(w, at + size, at_end, known)
    if follows == false then return has_uncounted_byte(w, at, size, at_end, known) end
    return follows
  end
  local verified = fits_chain(w, at, size, known.starts)
  if not verified and known.packets_are and id ~= known.packets_are then return false end
  local in_bytes = known.in_bytes
  known.in_bytes = in_bytes or id == ENHANCED
  local follows = (verified and is_followed or begins_command)(w, at + size, at_end, known)
  known.in_bytes = in_bytes
  local left = #w - at - size
  if not follows or verified or left < HEADER or not is_data(u16(w, at + size)) then
    return follows
  end
  local next_size = command_size(w, at + size, known)
  if left < next_size then return at_end or nil end
  return goes_on(w, at, size, at + size, next_size) and not hides_another(w, at, size, known)
end

-- Whether commands go on from within the command there, behind which the stream ends.
local function hides_way_back(w, at, size, known)
  for place = at + HEADER, at + size - 1 do
    if w:byte(place + 1) == 0 and is_way_back(w, place, true, known) then return true end
  end
  return false
end

-- Whether commands go on from a packet of the usual size whose header is within this one.
local function hides_packet(w, at, size, at_end, known)
  local length = known.usual + (u16(w, at) == ENHANCED and 6 or 2)
  local header = w:sub(at + 1, at + 2) .. string.char(math.floor(length / 256) % 256, length % 256)
  local place = at + 1
  for _ = 1, MOST_INNER_HEADERS do
    place = w:find(header, place + 1, true)
    if not place or place + HEADER - 1 > at + size then return false end
    local goes_on = is_way_back(w, place - 1, at_end, known)
    if goes_on ~= false then return goes_on end
  end
  return false
end

-- Whether a packet whose CRC fits does so by chance, as one of some 65,000 damaged ones: another one
-- begins within it, and nothing behind it. nil: more bytes are needed to tell.
local function fits_by_chance(w, at, size, at_end, known)
  local follows = begins_command(w, at + size, at_end, known)
  if follows then return false end -- nearly always
  local hides = hides_packet(w, at, size, at_end, known)
  if hides and follows == nil then return nil end
  return hides
end

-- A transfer. `starts`: what the next packet's CRC may go on from, the likeliest first.
local function new_transfer(in_bytes, start)
  return {
    in_bytes = in_bytes, announced = start, starts = start and { 0 } or {}, next = 1, byte = 0,
    size = 1024, crcs = {}, packets = 0
  }
end
local function number_at(t, byte) return math.floor(byte / t.size) + 1 end

local function sync(t, number)
  t.in_bytes = t.in_bytes and not (number == 1 and t.packets == 0) -- it counts packets after all
  local wanted = t.in_bytes and number_at(t, number) or math.max(number, 1)
  local starts = { 0, t.crcs[wanted - 1] }
  for _, start in ipairs(t.starts) do
    if #starts < 4 then starts[#starts + 1] = start end
  end
  t.starts, t.behind_bad, t.lost = starts, false, nil
  t.next, t.byte, t.sync_byte = wanted, number, number
end

-- The number of the first packet behind a lost stretch.
local function find_place_behind_loss(t, crc_of, stored)
  local lost = t.lost
  t.lost = nil
  for _, start in ipairs(t.starts) do
    if not lost.damaged and crc_of(start) == stored then return end -- garbage stood there
  end
  local restarted = not lost.damaged and lost.bytes < 32 and crc_of(0) == stored
  if not restarted then
    local wire = t.size + HEADER + 2
    local rounding = lost.length_known and math.floor(wire / 2) or wire - 1
    local skipped = math.max(math.floor((lost.bytes + rounding) / wire), 1)
    t.next, t.byte = t.next + skipped, t.byte + skipped * t.size
  end
  t.starts = restarted and { 0 } or {}
end

local function advance(t, bytes)
  t.byte = t.byte + bytes
  t.next = t.in_bytes and number_at(t, t.byte) or t.next + 1
end
local function learn_size(t, size, is_last)
  if not t.size_known and size > 0 and not is_last then t.size, t.size_known = size, true end
end
local function packet_of(t, good, computed, unchecked)
  t.packets = t.packets + 1
  return {
    number = t.next, offset = t.in_bytes and t.byte or (t.next - 1) * t.size, good = good,
    computed = computed, unchecked = unchecked
  }
end

local function data(t, w, at, size, before)
  local stored, length = u16(w, at + size - 2), size - HEADER - 2
  local function crc_of(start) return crc_from(w, at, size, start) end
  if t.lost then find_place_behind_loss(t, crc_of, stored) end
  if #t.starts == 0 then -- the packet before may still show its CRC, or a SYNC have stood there
    if before and crc_of(before) == stored then
      t.starts = { before }
    elseif crc_of(0) == stored then
      t.starts = { 0 }
    end
  end
  local good, computed = false, nil
  for _, start in ipairs(t.starts) do
    good = good or crc_of(start) == stored
  end
  if good then
    t.packets_are = DATA
    local is_last = t.next == t.announced or t.in_bytes and t.byte + length == t.announced
    learn_size(t, length, is_last)
    computed = stored
  elseif #t.starts > 0 then
    computed = crc_of(t.starts[1])
  end
  local packet = packet_of(t, good, computed, not good and #t.starts == 0)
  t.starts = { stored, not good and computed or nil }
  if good or packet.unchecked then t.crcs[t.next] = stored end
  advance(t, length)
  return packet
end

-- Whether it is where its header says. That has no CRC: of a packet that goes on from the one
-- before, with another place in its header, it is damaged, unless that one is two of which the rest
-- is lost.
local function is_in_place(t, offset, length, chained, crc_of, stored)
  if not chained then return offset + length <= (t.announced or 2 ^ 32 - 1) end
  local behind_joined = t.behind_bad and (crc_of(t.starts[1]) == stored or crc_of(0) == stored)
  return offset == t.byte or offset == t.told_byte or offset == t.sync_byte or t.lost or
    #t.starts == 0 or behind_joined
end

-- Its CRC goes on from the packet before or, as some devices have it, begins anew.
local function enhanced_data(t, w, at, size, before)
  local stored, offset, length = u16(w, at + size - 2), u32(w, at + 4), size - 10
  local function crc_of(start) return crc_from(w, at, size, start) end
  t.in_bytes = true
  if t.lost and before then t.starts = { before } end
  local chained = crc_of(0) == stored and not (stored == 0 and t.goes_on) -- zeros fit always
  for _, start in ipairs(t.starts) do
    local fits = crc_of(start) == stored
    chained, t.goes_on = chained or fits, t.goes_on or fits and start ~= 0
  end
  local in_place = is_in_place(t, offset, length, chained, crc_of, stored)
  local place = in_place and offset or t.byte
  local gap = not chained and (place > t.byte or t.lost or #t.starts == 0)
  if chained then
    t.packets_are = ENHANCED
    learn_size(t, length, offset + length == t.announced)
  end
  t.lost, t.told_byte = nil, (in_place and t.byte or offset) + length
  t.byte, t.next = place, number_at(t, place)
  local computed = chained and stored or nil
  if not chained and not gap then computed = crc_of(t.starts[1]) end
  local packet = packet_of(t, chained and in_place and true or false, computed, gap and true)
  t.starts = { stored, not chained and computed or nil }
  t.behind_bad = not packet.good and not gap and not chained
  if packet.good or packet.unchecked then t.crcs[t.next] = stored end
  advance(t, length)
  return packet
end

-- The device's direction of a stream. `on_item` gets what is found: its place, its size, its id
-- (nil: no command) and what is to be shown with it.
local Device = {}
Device.__index = Device
local function new_device()
  local lost = { from = 0, reported = 0, missing = 0, claimed = 0 } -- it may begin anywhere
  return setmetatable({ pos = 0, lost = lost }, Device)
end

function Device:known()
  local t = self.transfer
  local in_bytes = self.path_seen
  if t then in_bytes = t.in_bytes end
  local init = self.init
  local kinds_alone = init and not init.offers_path and init.protocol < 6
  local by_kind = t and not in_bytes and (t.by_kind or kinds_alone)
  local largest = by_kind and 1024 or 4096
  return {
    imei = init and init.imei, packets = t and not in_bytes and t.announced or nil,
    in_bytes = in_bytes, largest = largest, usual = t and t.size_known and t.size or largest,
    packets_are = t and t.packets_are, starts = t and t.starts or { 0 }
  }
end

function Device:begin_transfer(start)
  local by_path = not self.requested and
    (self.path_seen or self.path_requested or
      self.init and self.init.offers_path and not self.described)
  self.transfer = new_transfer(by_path and true or false, start)
  self.transfer.by_kind = self.requested or self.described
  self.requested, self.path_requested, self.described = nil, nil, nil
  return self.transfer
end

-- What a whole command means; the facts to be shown with it.
function Device:take(w, at, size, id)
  local before = self.before
  self.before = nil
  local facts = {}
  if id == 0 then
    local settings = w:byte(at + 13)
    self.init = { imei = imei_at(w, at + 4), protocol = u16(w, at + 2),
                  offers_path = math.floor(settings / 2) % 2 == 1 }
    self.transfer, self.path_seen, self.path_requested, self.described = nil, false, nil, nil
    self.path = nil
  elseif id == 1 then
    self.transfer = nil
    self:begin_transfer(u32(w, at + 4))
  elseif id == 3 then
    sync(self.transfer or self:begin_transfer(), u32(w, at + 4))
  elseif id == DATA then
    facts = data(self.transfer or self:begin_transfer(), w, at, size, before)
  elseif id == ENHANCED then
    self.path_seen = true
    facts = enhanced_data(self.transfer or self:begin_transfer(), w, at, size, before)
  elseif id == 5 then
    self.transfer = nil
  elseif id == 0x0B then
    local version, kind = w:byte(at + 5) or 0, size > HEADER + 1 and w:byte(at + 6) or 0
    local is_kind = kind == 4 or kind == 8 or kind == 0x10 or kind == 0x20
    if version > 0 and version < 0x10 and is_kind and
        not (self.transfer and self.transfer.packets > 0) then
      self.described = true
    end
  elseif id == 0x0D then
    self.path_seen, self.path = true, w:sub(at + HEADER + 1, at + size)
  end
  facts.imei = self.init and imei_text(self.init.imei)
  facts.in_bytes = self.transfer and self.transfer.in_bytes
  facts.path = self.path
  return facts
end

-- From here on; of a packet as long as it claims to be.
function Device:lose(claimed, id, place)
  self.lost = { from = self.pos, reported = self.pos, missing = 0, claimed = claimed,
                damaged = claimed > 0, id = id, place = place }
end

-- The packet whose header stands where the way was lost: not all of it is there.
function Device:report_cut(on_item)
  local lost = self.lost
  local t = self.transfer or self:begin_transfer()
  local size = math.min(self.pos - lost.from, lost.claimed)
  local next, byte = t.next, t.byte
  local place = lost.place -- as its header says
  if place and place + math.max(size - 10, 0) <= (t.announced or 2 ^ 32 - 1) then
    t.byte, t.next = place, number_at(t, place)
  end
  local facts = packet_of(t, false, nil, false)
  facts.cut = true -- the next packet's number stays
  t.next, t.byte = next, byte
  facts.imei, facts.in_bytes = self.init and imei_text(self.init.imei), t.in_bytes
  on_item(lost.from, size, lost.id, facts)
  lost.reported, lost.claimed = lost.from + size, 0
end

function Device:report_skipped(on_item)
  local size = self.pos - self.lost.reported
  if size > 0 then on_item(self.lost.reported, size, nil, { missing = self.lost.missing }) end
end

function Device:found(w, base, on_item)
  local lost = self.lost
  if lost.claimed > 0 then self:report_cut(on_item) end
  self:report_skipped(on_item)
  local length, at = self.pos - lost.from, self.pos - base
  self.before = length >= 2 and at >= 2 and u16(w, at - 2) or nil
  if length > 0 and self.transfer then
    self.transfer.lost = { bytes = length, damaged = lost.damaged,
                           length_known = lost.length_known }
  end
  self.lost, self.way_found = nil, true
end

-- Whether it went on; false: more bytes are needed.
function Device:search(w, base, at_end, known, on_item)
  local lost = self.lost
  while true do
    local zero = w:find("\0", self.pos - base + 1, true)
    self.pos = base + (zero and zero - 1 or #w)
    local at = self.pos - base
    local fit = self.pos == 0 and begins_init(w, at)
    if not fit and at < #w then fit = is_way_back(w, at, at_end, known) end
    if lost.claimed > 0 and self.pos >= lost.from + lost.claimed then
      self:report_cut(on_item)
      return true
    end
    if fit then
      self:found(w, base, on_item)
      return true
    end
    if fit == nil or at >= #w then return false end
    self.pos = self.pos + 1
  end
end

function Device:read(w, base, at_end, known, on_item)
  local at = self.pos - base
  local size = command_size(w, at, known)
  if not size then return false end
  local id, whole = size > 0 and u16(w, at) or DATA, #w - at >= size
  local function lose(claimed)
    self:lose(claimed, id, id == ENHANCED and #w - at >= HEADER + 4 and u32(w, at + 4) or nil)
    self.pos = self.pos + math.min(#w - at, claimed > 0 and HEADER or 1)
    return true
  end
  if size == 0 or not whole and at_end then return lose(is_data(id) and size or 0) end
  if not whole then return false end
  local fits = is_data(id) and fits_chain(w, at, size, known.starts)
  local by_chance = fits and fits_by_chance(w, at, size, at_end, known)
  if by_chance == nil then return false end
  if by_chance then return lose(size) end
  if is_data(id) and not self.way_found and not fits then
    -- its length may be what is damaged
    if size > known.usual + (id == DATA and 6 or 10) then return lose(0) end
    local follows = is_followed(w, at + size, at_end, known)
    if follows == nil then return false end
    local rest = #w - at - size
    local header_is_cut = at_end and rest > 0 and rest < HEADER -- which tells little
    if not follows or header_is_cut and hides_way_back(w, at, size, known) then
      return lose(size)
    end
  elseif (id == 0 or id == 3 or id == 11 or id == 13) and begins_command(w, at, true, known) == false then
    local follows = id > 3 and is_followed(w, at + size, at_end, known)
    if follows == nil then return false end
    if not follows then return lose(0) end -- file content: whole packets may be in it
  end
  local uncounted = has_uncounted_byte(w, at, size, at_end, known)
  if uncounted == nil then return false end
  size = size + (uncounted and 1 or 0)
  on_item(self.pos, size, id, self:take(w, at, size, id))
  self.pos, self.way_found = self.pos + size, false
  return true
end

-- Passes over a balancer's header. False: not all of it is there.
function Device:pass_header(w, base, at_end, on_item)
  local size, source = 0, nil
  if self.pos == 0 and base == 0 then size, source = proxy_header(w) end
  if not size then return at_end end
  if size > 0 then
    on_item(0, size, nil, { proxy = true, source = source, missing = 0 })
    self.pos, self.lost.from, self.lost.reported = size, size, size
  end
  return true
end

-- `w` is what there is from the place `base` of the stream on.
function Device:run(w, base, at_end, on_item)
  if not self:pass_header(w, base, at_end, on_item) then return end
  while self.pos - base < #w do
    local known = self:known()
    local step = self.lost and self.search or self.read
    if not step(self, w, base, at_end, known, on_item) then return end
  end
end

-- Nothing comes behind `w`.
function Device:finish(w, base, on_item)
  self:run(w, base, true, on_item)
  if self.pos < base + #w and not self.lost then self:lose(0) end
  self.pos = base + #w
  if self.lost and self.lost.claimed > 0 then self:report_cut(on_item) end
end

-- Behind `w` bytes up to the place `base` are missing.
function Device:gap(w, old_base, base, on_item)
  self:finish(w, old_base, on_item)
  if not self.lost then self:lose(0) end
  self.lost.missing = self.lost.missing + base - old_base - #w
  self.lost.length_known = self.lost.missing > 0
  self.pos = base
end

local Server = {}
Server.__index = Server

function Server:run(w, base, _, on_item)
  while self.pos - base < #w do
    local at = self.pos - base
    local size = server_command_size(w, at)
    if not size or #w - at < size then return end
    if size == 0 then
      size = #w - at
      on_item(self.pos, size, nil, { missing = 0 })
    else
      local id = u16(w, at)
      local device = self.device
      if id == 8 then
        device.requested = REQUESTS[w:sub(at + HEADER + 1, at + size)]
        device.path_requested = not device.requested
      end
      on_item(self.pos, size, id, { imei = device.init and imei_text(device.init.imei) })
    end
    self.pos = self.pos + size
  end
end

function Server:gap(_, _, base) self.pos = base end

local function time_of(range)
  if range:len() == 4 then return NSTime.new(range:uint(), 0) end
  local ms = range:uint64():tonumber()
  if ms > 2 ^ 31 * 1000 then return nil end
  return NSTime.new(math.floor(ms / 1000), (ms % 1000) * 1000000)
end
local function add_time(tree, field, range)
  local time = time_of(range)
  if time then tree:add(field, range, time) end
end

local function add_trigger(tree, range, names)
  tree:add(f.trigger, range):append_text(" " .. (names[range:uint()] or ""))
end

local function add_metadata(tree, payload, facts)
  local path = facts.path or ""
  local size = payload:len()
  if payload(0, 1):uint() == 0x7B then
    tree:add(f.json, payload(), (payload():bytes():raw():gsub("%z+$", "")))
  elseif path:find("mdas9", 1, true) or path:find("dsm", 1, true) then
    if size < 14 then return end
    add_time(tree, f.time, payload(0, 4))
    tree:add(f.kind, payload(4, 1))
    local is_dsm = path:find("dsm", 1, true)
    add_trigger(tree, payload(5, 1), is_dsm and DSM_TRIGGERS or ADAS_TRIGGERS)
    tree:add(f.latitude, payload(6, 4), payload(6, 4):int() / 1e6)
    tree:add(f.longitude, payload(10, 4), payload(10, 4):int() / 1e6)
    if is_dsm and size >= 16 then
      local events, names = payload(14, 2):uint(), {}
      for i, name in ipairs(DSM_EVENTS) do
        if math.floor(events / 2 ^ (i - 1)) % 2 == 1 then names[#names + 1] = name end
      end
      tree:add(f.events, payload(14, 2)):append_text(" " .. table.concat(names, ", "))
      if size >= 26 then
        local name = payload(16, 10):bytes():raw():reverse():gsub("^[%z ]+", ""):gsub("[%z ]+$", "")
        tree:add(f.driver, payload(16, 10), name)
      end
    elseif size >= 15 then
      tree:add(f.seconds, payload(14, 1))
    end
  elseif size >= 13 then
    tree:add(f.version, payload(0, 1))
    tree:add(f.kind, payload(1, 1))
    add_time(tree, f.time, payload(2, 8))
    add_trigger(tree, payload(10, 1), TRIGGERS)
    tree:add(f.seconds, payload(11, 2))
    if size >= 14 then tree:add(f.fps, payload(13, 1)) end
    if size >= 32 then
      tree:add(f.zone, payload(14, 2))
      tree:add(f.latitude, payload(16, 8))
      tree:add(f.longitude, payload(24, 8))
    end
    if size >= 40 then add_time(tree, f.trigger_time, payload(32, 8)) end
  end
end

local function add_packet(tree, tvb, size, id, facts)
  local header = id == ENHANCED and 8 or HEADER
  if facts.in_bytes then
    tree:add(f.offset, tvb(HEADER, header - HEADER), facts.offset)
  else
    tree:add(f.number, tvb(0, 0), facts.number)
  end
  if size > header + 2 then tree:add(f.data, tvb(header, size - header - 2)) end
  tree:add(f.crc, tvb(size - 2, 2))
  if facts.unchecked then return end
  if facts.computed then
    tree:add(f.computed, tvb(size - 2, 2), facts.computed):set_generated()
  end
  tree:add(f.bad, tvb(size - 2, 2), not facts.good):set_generated()
  if not facts.good then tree:add_proto_expert_info(crc_expert) end
end

-- What is known of a command of which Wireshark, when it comes back to it, has lost the beginning: a
-- later SYN has moved the numbers of TCP.
local function add_facts(tree, tvb, id, from_device, facts)
  if from_device and is_data(id) then
    tree:add(facts.in_bytes and f.offset or f.number, tvb(0, 0),
             facts.in_bytes and facts.offset or facts.number)
    if not facts.unchecked then tree:add(f.bad, tvb(0, 0), not facts.good):set_generated() end
  end
  if facts.imei then tree:add(f.imei, tvb(0, 0), facts.imei):set_generated() end
end

-- What of a packet is not all there is not shown, but for its place.
local function add_cut_packet(tree, tvb, facts)
  if facts.in_bytes then
    tree:add(f.offset, tvb(0, 0), facts.offset)
  else
    tree:add(f.number, tvb(0, 0), facts.number)
  end
  tree:add(f.bad, tvb(0, 0), true):set_generated()
  tree:add_proto_expert_info(cut_expert)
end

local function text_of(range) return (range:bytes():raw():gsub("%z+$", "")) end

-- `tvb` is the command, and nothing else.
local function add_command(tree, tvb, id, from_device, facts)
  local size = tvb:len()
  tree:add(f.id, tvb(0, 2))
  if id == 0 and from_device then
    tree:add(f.protocol, tvb(2, 2))
    tree:add(f.imei, tvb(4, 8), facts.imei)
    local settings = tree:add(f.settings, tvb(12, 4))
    for _, name in ipairs({ "photof", "photor", "videof", "videor", "by_path" }) do
      settings:add(f[name], tvb(12, 4))
    end
    return
  end
  if facts.imei then tree:add(f.imei, tvb(0, 0), facts.imei):set_generated() end
  if size < HEADER then return end
  tree:add(f.length, tvb(2, 2))
  local rest = size - HEADER
  if id == 1 then
    tree:add(f.start, tvb(4, 4))
    tree:add(f.rest, tvb(8, 2))
  elseif id == 2 then
    tree:add(f.resume, tvb(4, 4))
  elseif id == 3 then
    tree:add(f.sync, tvb(4, 4))
  elseif is_data(id) then
    add_packet(tree, tvb, size, id, facts)
  elseif id == 5 then
    tree:add(f.status, tvb(4, 4))
  elseif rest > 0 and (id == 8 or id == 0x0A) then
    tree:add(f.file, tvb(4, rest), text_of(tvb(4, rest)))
  elseif rest > 0 and id == 0x0D then
    tree:add(f.path, tvb(4, rest), text_of(tvb(4, rest)))
  elseif rest > 0 and id == 0x0B then
    add_metadata(tree, tvb(4, rest):tvb(), facts)
  end
end

-- --- what Wireshark hands over ---

local streams, found = {}, {}
function dualcam.init() streams, found = {}, {} end

local tcp_stream, tcp_flags = Field.new("tcp.stream"), Field.new("tcp.flags")
local tcp_seq, tcp_raw, tcp_len = Field.new("tcp.seq"), Field.new("tcp.seq_raw"),
  Field.new("tcp.len")

-- Of the innermost TCP, where one is carried in another.
local function value_of(field)
  local all = { field() }
  return #all > 0 and all[#all].value or nil
end

local function ends_of(pinfo)
  return tostring(pinfo.src) .. ":" .. pinfo.src_port, tostring(pinfo.dst) .. ":" .. pinfo.dst_port
end

-- The stream of a frame, and by what it is known: by its ends where Wireshark does not number it.
local function known_stream(pinfo)
  local here, there = ends_of(pinfo)
  local number, ends = value_of(tcp_stream), here < there and here .. there or there .. here
  return streams[number or ends] or streams[ends], number or ends
end

local function stream_of(pinfo, w)
  local here, there = ends_of(pinfo)
  local stream, name = known_stream(pinfo)
  if not stream then
    stream = { device = new_device(), server = setmetatable({ pos = 0 }, Server) }
    stream.server.device = stream.device
    streams[name] = stream
  end
  if not stream.camera then
    local is_to_known, is_from_known = pinfo.match_uint == pinfo.dst_port,
      pinfo.match_uint == pinfo.src_port
    local is_from_device = pinfo.src_port > pinfo.dst_port
    if begins_init(w, 0) or proxy_header(w) ~= 0 then
      is_from_device = true
    elseif is_to_known ~= is_from_known then
      is_from_device = is_to_known
    end
    stream.camera = is_from_device and here or there
  end
  return stream.camera == here and stream.device or stream.server, stream.camera == here
end

local function begins_with(w, beginning) return w:sub(1, #beginning) == beginning end

-- The place in the stream of a sequence number.
local function place_of_number(side, number)
  local place = (number - side.first) % NUMBERS
  local near = side.seen or 0 -- numbers wrap
  return place + math.floor((near - place) / NUMBERS + 0.5) * NUMBERS
end

-- The place in the stream of what Wireshark hands over: of a segment's data; of what it has kept
-- since it was asked to, put together; or of a later segment that has waited for this one. Where it
-- does not tell numbers (a first pass that shows nothing), a gap shows only where something was
-- kept; then `true` comes behind the place.
local function place_in_stream(side, w, size, frame)
  local last, seq, length = side.handed, value_of(tcp_seq), value_of(tcp_len)
  local place = side.seen or 0
  if seq then
    if not side.first then
      side.first = seq ~= value_of(tcp_raw) and seq < 2 ^ 31 and 1 or seq + length - size
    end
    local behind = place_of_number(side, seq + length)
    local has_all = side.frame == frame and side.seen >= behind
    side.frame = frame
    if has_all then return side.seen end
    place = behind - size
    if size <= length or not last then return place end
  end
  if not side.wanted then return side.seen or 0 end
  local is_kept = begins_with(w, last.w:sub(side.wanted - last.place + 1))
  local is_last = begins_with(w, last.w)
  if is_kept and not (is_last and place == last.place) then return side.wanted end
  if is_last then return last.place end
  return place, not seq
end

-- Once for each thing that is handed over, in the order of the stream: what is in it.
local function read_new(side, w, place, is_behind_gap)
  local items = {}
  local function on_item(at, size, id, facts)
    items[#items + 1] = { at = at, size = size, id = id, facts = facts }
  end
  -- Of what begins before `last`: Wireshark does not hand it over once more.
  local function keep_bytes(from, base, bytes, last)
    for i = from, #items do
      local item = items[i]
      if item.at < last and item.id and not item.facts.cut then
        item.bytes = bytes:sub(item.at - base + 1, item.at - base + item.size)
      end
    end
  end
  local seen = side.seen or 0
  if place > seen or is_behind_gap then
    side:gap(side.w or "", side.base or 0, place, on_item)
    keep_bytes(1, side.base or 0, side.w or "", place)
    side.w = nil
  end
  local base, all, before = place, w, #items
  if side.w then -- two bytes more: they may be the CRC of a packet whose rest is lost
    base = math.max(math.min(side.pos - 2, place), side.base)
    all = base < place and side.w:sub(base - side.base + 1, place - side.base) .. w or w
  end
  side:run(all, base, false, on_item)
  side.w, side.base, side.handed = all, base, { w = w, place = place }
  side.seen = math.max(seen, place + #w)
  side.wanted = side.pos < side.seen and math.max(side.pos, place) or nil
  -- Where what is wanted begins in an earlier segment, Wireshark comes back with a later one only.
  keep_bytes(before + 1, base, all, side.wanted and side.wanted <= seen and math.huge or place)
  return { items = items, wanted = side.wanted and side.wanted - place }
end

local function show(root, tvb, place, item, from_device)
  local names = from_device and FROM_DEVICE or FROM_SERVER
  local first = math.min(math.max(item.at - place, 0), tvb:len())
  local last = math.min(math.max(item.at + item.size - place, first), tvb:len())
  local range, facts = tvb(first, last - first), item.facts
  if facts.proxy then
    local tree = root:add(dualcam, range, "DualCam, a balancer's PROXY header")
    if facts.source then tree:add(f.proxy, range, facts.source) end
    return nil
  end
  if not item.id then
    local tree = root:add(dualcam, range, "DualCam, no command")
    tree:add(f.at, range, UInt64.new(item.at)):set_generated()
    if last > first then tree:add(f.skipped, range) end
    if facts.missing > 0 then
      tree:append_text(string.format(", %.0f bytes of it not in the capture", facts.missing))
    end
    tree:add_proto_expert_info(skip_expert)
    return nil
  end
  local is_here = last - first >= item.size
  local tree = root:add(dualcam, range, "DualCam, " .. names[item.id])
  tree:add(f.cmd, range, names[item.id])
  tree:add(f.at, range, UInt64.new(item.at)):set_generated()
  if facts.cut then
    add_cut_packet(tree, tvb, facts)
  elseif not (is_here or item.bytes) then
    add_facts(tree, tvb, item.id, from_device, facts)
  else
    local whole = is_here and range:tvb() or ByteArray.new(item.bytes, true):tvb("DualCam")
    add_command(tree, whole, item.id, from_device, facts)
  end
  return names[item.id]
end

-- What was found in a frame. When Wireshark comes back to it, it may hand over less of what it had
-- put together.
local function found_before(frame, tvb)
  local like_it
  for _, each in ipairs(found[frame] or {}) do
    if each.offset == tvb:offset() and each.size == tvb:len() then return each, each.wanted end
    if each.offset == tvb:offset() and each.size > tvb:len() then like_it = like_it or each end
  end
  return like_it
end

function dualcam.dissector(tvb, pinfo, root)
  if tvb:len() == 0 then return 0 end
  local w = tvb():bytes():raw()
  local side, from_device = stream_of(pinfo, w)
  local here, wanted = found_before(pinfo.number, tvb)
  local said = {}
  if not here and not pinfo.visited then
    local place, is_behind_gap = place_in_stream(side, w, tvb:reported_len(), pinfo.number)
    here = read_new(side, w, place, is_behind_gap)
    wanted = here.wanted
    here.place, here.size, here.offset = place, tvb:len(), tvb:offset()
    here.from_device = from_device
    found[pinfo.number] = found[pinfo.number] or {}
    table.insert(found[pinfo.number], here)
  end
  pinfo.cols.protocol = "DualCam"
  if not here then return tvb:len() end
  here.is_shown = true
  for _, item in ipairs(here.items) do
    local name = show(root, tvb, here.place, item, from_device)
    if name and said[#said] ~= name then said[#said + 1] = name end
  end
  if wanted then
    pinfo.desegment_offset, pinfo.desegment_len = wanted, DESEGMENT_ONE_MORE_SEGMENT
  end
  if #said > 0 then pinfo.cols.info = table.concat(said, ", ") end
  return tvb:len()
end

-- What the end of a stream cuts shows at its FIN or RST, which Wireshark hands over to nobody; what
-- a gap cuts at the frame behind that, which it may hand over only once.
local ending = Proto("dualcam_end", "Teltonika DualCam, end of the stream")

local function read_rest(pinfo)
  local flags, stream = value_of(tcp_flags), known_stream(pinfo)
  local is_fin, is_rst = flags % 2 == 1, math.floor(flags / 4) % 2 == 1
  local side = stream and stream.device
  if not (is_fin or is_rst) or not side or not side.w or side.pos >= side.seen then return nil end
  local is_whole = not side.first or
    place_of_number(side, value_of(tcp_seq) + value_of(tcp_len)) == side.seen
  if not is_rst and not (ends_of(pinfo) == stream.camera and is_whole) then return nil end
  local items = {}
  local function on_item(at, size, id, facts)
    local bytes = id and not facts.cut and side.w:sub(at - side.base + 1, at - side.base + size)
    items[#items + 1] = { at = at, size = size, id = id, facts = facts, bytes = bytes }
  end
  side:finish(side.w, side.base, on_item)
  return items
end

function ending.dissector(tvb, pinfo, root)
  local key = "end of " .. pinfo.number
  if not value_of(tcp_flags) then return end
  for _, here in ipairs(found[pinfo.number] or {}) do
    for _, item in ipairs(here.is_shown and {} or here.items) do
      show(root, tvb, math.huge, item, here.from_device)
    end
    here.is_shown = false
  end
  if found[key] == nil then found[key] = read_rest(pinfo) or false end
  for _, item in ipairs(found[key] or {}) do
    show(root, tvb, math.huge, item, true)
  end
end
register_postdissector(ending)

dualcam:register_heuristic("tcp", function(tvb, pinfo, root)
  if tvb:len() < INIT_SIZE then return false end
  local header = proxy_header(tvb():bytes():raw()) or 0
  if tvb:len() - header < INIT_SIZE then return false end
  local w = tvb(header, INIT_SIZE):bytes():raw()
  if not begins_init(w, 0) or imei_text(imei_at(w, 4)):sub(1, 1) == "0" then return false end
  pinfo.conversation = dualcam
  dualcam.dissector(tvb, pinfo, root)
  return true
end)
DissectorTable.get("tcp.port"):add(7050, dualcam)

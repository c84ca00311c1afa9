-- Wireshark's view of the Teltonika DualCam protocol; facts: dualcam-protocol(7).
-- Filters: dualcam.imei, dualcam.cmd, dualcam.crc.bad. TCP is put together by Wireshark.
-- Another port than 7050: Analyze > Decode As, or -d tcp.port==N,dualcam.

local dualcam = Proto("dualcam", "Teltonika DualCam")

local FROM_DEVICE = {
  [0] = "INIT", [1] = "START", [3] = "SYNC", [4] = "DATA", [5] = "STATUS", [0x0B] = "METADATA",
  [0x0D] = "PATH", [0x0E] = "ENHANCED DATA"
}
local FROM_SERVER = {
  [0] = "CLOSE", [2] = "RESUME", [5] = "STATUS", [8] = "FILE REQUEST", [9] = "REPEAT INIT",
  [0x0A] = "METADATA REQUEST", [0x0C] = "PATH REQUEST"
}
local LEAST = { [1] = 6, [2] = 4, [3] = 4, [4] = 2, [5] = 4, [8] = 0, [0x0A] = 0, [0x0B] = 1,
                [0x0C] = 0, [0x0D] = 1, [0x0E] = 6 }
local MOST = { [1] = 6, [2] = 4, [3] = 4, [4] = 4098, [5] = 4, [8] = 65535, [0x0A] = 65535,
               [0x0B] = 65535, [0x0C] = 2, [0x0D] = 65535, [0x0E] = 4102 }
local INIT_SIZE, HEADER = 16, 4
local TRIGGERS = { [0] = "server request", "DIN1", "DIN2", "crash", "towing", "idling", "geofence",
                   "unplug", "green driving", "periodic", "DIN3", "DIN4" }
local DSM_EVENTS = { "drowsiness", "distraction", "yawning", "phone", "smoking", "driver absence",
                     "mask", "seat belt", "G-sensor" }

local f = {
  cmd = ProtoField.string("dualcam.cmd", "Command"),
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
  trigger_time = ProtoField.absolute_time("dualcam.metadata.trigger_time", "Trigger time", base.UTC),
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
local skip_expert = ProtoExpert.new("dualcam.skipped.expert", "Bytes that are no command",
                                    expert.group.MALFORMED, expert.severity.WARN)
dualcam.experts = { crc_expert, skip_expert }

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

-- What is known of a TCP stream, and what was found out about each command when it was first seen.
local streams, found = {}, {}
function dualcam.init() streams, found = {}, {} end

local tcp_stream = Field.new("tcp.stream")

local function begins_init(tvb, at)
  if tvb:len() - at < INIT_SIZE then return false end
  local protocol = tvb(at + 2, 2):uint()
  local imei = tvb(at + 4, 8):uint64():tonumber()
  return tvb(at, 2):uint() == 0 and protocol >= 1 and protocol < 256 and imei > 0 and imei < 1e15
end

-- The size of the command at `at`; nil: there is none; 0: more bytes are needed to tell.
local function command_size(tvb, at, from_device)
  local left = tvb:len() - at
  if left < 2 then return 0 end
  local id = tvb(at, 2):uint()
  if from_device and id == 0 then
    if left < INIT_SIZE then return tvb(at, math.min(left, 3)):bytes():get_index(1) == 0 and 0 or nil end
    return begins_init(tvb, at) and INIT_SIZE or nil
  end
  if not from_device and (id == 0 or id == 9) then
    return (left >= HEADER and tvb(at + 2, 2):uint() == 0) and HEADER or 2
  end
  local names = from_device and FROM_DEVICE or FROM_SERVER
  if not names[id] then return nil end
  if left < HEADER then return 0 end
  local length = tvb(at + 2, 2):uint()
  if length < LEAST[id] or length > MOST[id] then return nil end
  return HEADER + length
end

-- A place behind `at` where commands go on: two in a row, or one that ends the bytes.
local function resume_at(tvb, at)
  for place = at + 1, tvb:len() - HEADER do
    local size = command_size(tvb, place, true)
    if size and size > 0 and place + size <= tvb:len() then
      if place + size == tvb:len() then return place end
      local next_size = command_size(tvb, place + size, true)
      if next_size and (next_size > 0 or tvb:len() - place - size < HEADER) then return place end
    end
  end
  return nil
end

local function remember_packet(stream, payload, stored, offset)
  local result = { number = stream.next, offset = stream.byte }
  if offset then -- ENHANCED DATA says itself where it lies
    if offset ~= stream.byte then
      stream.starts[#stream.starts + 1] = 0
      result.gap = true
    end
    stream.byte, result.offset = offset, offset
  end
  for _, start in ipairs(stream.starts) do
    local crc = crc16(payload, start)
    result.computed = result.computed or crc
    if crc == stored then
      result.computed, result.good = crc, true
      break
    end
  end
  -- What a resumed transfer goes on from may have come in another connection.
  if not result.good and (#stream.starts == 0 or result.gap or stream.resumed) then
    result.unchecked = true
  end
  stream.resumed = false
  stream.starts = { stored }
  if result.computed and result.computed ~= stored then stream.starts[2] = result.computed end
  stream.crcs[stream.next] = stored
  stream.byte = stream.byte + #payload
  stream.next = stream.next + 1
  return result
end

local function begin_sync(stream, number)
  local starts = { 0 }
  stream.resumed = number > 1 and (stream.by_path or not stream.crcs[number - 1])
  if not stream.by_path then
    local wanted = math.max(number, 1)
    if stream.crcs[wanted - 1] then starts[2] = stream.crcs[wanted - 1] end
    stream.next = wanted
  end
  for _, start in ipairs(stream.starts) do
    if #starts < 4 then starts[#starts + 1] = start end
  end
  stream.byte, stream.starts = number, starts
end

-- Called once a command, in the order of the stream.
local function learn(stream, tvb, at, size, id)
  if id == 0 then
    local protocol, flags = tvb(at + 2, 2):uint(), tvb(at + 12, 1):uint()
    stream.imei = string.format("%015.0f", tvb(at + 4, 8):uint64():tonumber())
    stream.by_path = protocol >= 6 or math.floor(flags / 2) % 2 == 1
    stream.starts, stream.path = {}, nil
  elseif id == 1 then
    stream.starts, stream.next, stream.byte, stream.crcs = { 0 }, 1, 0, {}
  elseif id == 3 then
    begin_sync(stream, tvb(at + 4, 4):uint())
  elseif id == 4 then
    return remember_packet(stream, tvb(at + 4, size - 6):bytes():raw(), tvb(at + size - 2, 2):uint())
  elseif id == 0x0D then
    stream.by_path, stream.path = true, tvb(at + 4, size - 4):bytes():raw()
  elseif id == 0x0E then
    stream.by_path = true
    local payload = size > 10 and tvb(at + 8, size - 10):bytes():raw() or ""
    return remember_packet(stream, payload, tvb(at + size - 2, 2):uint(), tvb(at + 4, 4):uint())
  end
  return {}
end

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

local function add_metadata(tree, payload, stream)
  local path = stream.path or ""
  local size = payload:len()
  if payload(0, 1):uint() == 0x7B then
    tree:add(f.json, payload(), (payload():bytes():raw():gsub("%z+$", "")))
  elseif stream.by_path and path:find("mdas9", 1, true) or path:find("dsm", 1, true) then
    if size < 14 then return end
    add_time(tree, f.time, payload(0, 4))
    tree:add(f.kind, payload(4, 1))
    tree:add(f.trigger, payload(5, 1))
    tree:add(f.latitude, payload(6, 4), payload(6, 4):int() / 1e6)
    tree:add(f.longitude, payload(10, 4), payload(10, 4):int() / 1e6)
    if path:find("dsm", 1, true) and size >= 16 then
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
    tree:add(f.trigger, payload(10, 1)):append_text(
      " " .. (TRIGGERS[payload(10, 1):uint()] or ""))
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

local function add_packet(tree, tvb, at, size, id, facts, by_path)
  if by_path then
    tree:add(f.offset, tvb(at + HEADER, id == 0x0E and 4 or 0), facts.offset)
  else
    tree:add(f.number, tvb(at, 0), facts.number)
  end
  local header = id == 0x0E and 8 or 4
  if size > header + 2 then tree:add(f.data, tvb(at + header, size - header - 2)) end
  tree:add(f.crc, tvb(at + size - 2, 2))
  if facts.unchecked then return end
  if facts.computed then
    tree:add(f.computed, tvb(at + size - 2, 2), facts.computed):set_generated()
  end
  tree:add(f.bad, tvb(at + size - 2, 2), not facts.good):set_generated()
  if not facts.good then tree:add_proto_expert_info(crc_expert) end
end

local function add_command(tree, tvb, at, size, id, from_device, facts, stream)
  tree:add(f.id, tvb(at, 2))
  if id == 0 and from_device then
    tree:add(f.protocol, tvb(at + 2, 2))
    tree:add(f.imei, tvb(at + 4, 8), string.format("%015.0f", tvb(at + 4, 8):uint64():tonumber()))
    local settings = tree:add(f.settings, tvb(at + 12, 4))
    for _, name in ipairs({ "photof", "photor", "videof", "videor", "by_path" }) do
      settings:add(f[name], tvb(at + 12, 4))
    end
    return
  end
  if facts.imei then tree:add(f.imei, tvb(at, 0), facts.imei):set_generated() end
  if size < HEADER then return end
  tree:add(f.length, tvb(at + 2, 2))
  local rest = size - HEADER
  if id == 1 then
    tree:add(f.start, tvb(at + 4, 4))
    tree:add(f.rest, tvb(at + 8, 2))
  elseif id == 2 then
    tree:add(f.resume, tvb(at + 4, 4))
  elseif id == 3 then
    tree:add(f.sync, tvb(at + 4, 4))
  elseif id == 4 or id == 0x0E then
    add_packet(tree, tvb, at, size, id, facts, facts.by_path)
  elseif id == 5 then
    tree:add(f.status, tvb(at + 4, 4))
  elseif rest > 0 and (id == 8 or id == 0x0A) then
    tree:add(f.file, tvb(at + 4, rest), (tvb(at + 4, rest):bytes():raw():gsub("%z+$", "")))
  elseif rest > 0 and id == 0x0D then
    tree:add(f.path, tvb(at + 4, rest), (tvb(at + 4, rest):bytes():raw():gsub("%z+$", "")))
  elseif rest > 0 and id == 0x0B then
    add_metadata(tree, tvb(at + 4, rest):tvb(), stream)
  end
end

-- METADATA may have a byte that its length does not count: a command begins behind it then.
local function uncounted(tvb, at, size)
  local behind = at + size
  if tvb(at, 2):uint() ~= 0x0B or size ~= HEADER + 13 or tvb:len() - behind < 3 then return false end
  return not command_size(tvb, behind, true) and command_size(tvb, behind + 1, true) ~= nil
end

local function stream_of(pinfo, tvb)
  local number = tcp_stream() and tcp_stream().value or -1
  local stream = streams[number]
  if not stream then
    stream = { starts = {}, next = 1, byte = 0, crcs = {}, by_path = false }
    streams[number] = stream
  end
  local here = tostring(pinfo.src) .. ":" .. pinfo.src_port
  if not stream.device then
    if begins_init(tvb, 0) then
      stream.device = here
    elseif pinfo.src_port ~= pinfo.dst_port and
        (pinfo.match_uint == pinfo.src_port or pinfo.match_uint == pinfo.dst_port) then
      stream.device = pinfo.match_uint == pinfo.dst_port and here
        or tostring(pinfo.dst) .. ":" .. pinfo.dst_port
    else
      stream.device = pinfo.src_port > pinfo.dst_port and here
        or tostring(pinfo.dst) .. ":" .. pinfo.dst_port
    end
  end
  return stream, stream.device == here
end

function dualcam.dissector(tvb, pinfo, root)
  local stream, from_device = stream_of(pinfo, tvb)
  local names = from_device and FROM_DEVICE or FROM_SERVER
  pinfo.cols.protocol = "DualCam"
  local at, said = 0, {}
  while at < tvb:len() do
    local size = command_size(tvb, at, from_device)
    if size == 0 or (size and at + size > tvb:len()) then
      pinfo.desegment_offset = at
      pinfo.desegment_len = size == 0 and DESEGMENT_ONE_MORE_SEGMENT or at + size - tvb:len()
      break
    end
    if not size then
      local goes_on = from_device and resume_at(tvb, at) or nil
      local length = (goes_on or tvb:len()) - at
      local tree = root:add(dualcam, tvb(at, length), "DualCam, no command")
      tree:add(f.skipped, tvb(at, length))
      tree:add_proto_expert_info(skip_expert)
      stream.starts = {}
      at = at + length
    else
      local id = tvb(at, 2):uint()
      if from_device and uncounted(tvb, at, size) then size = size + 1 end
      local key = pinfo.number .. ":" .. at .. ":" .. tvb:len() .. ":" .. tvb:offset()
      if not found[key] then
        local facts = from_device and learn(stream, tvb, at, size, id) or {}
        facts.imei, facts.by_path = stream.imei, stream.by_path
        found[key] = facts
      end
      local tree = root:add(dualcam, tvb(at, size), "DualCam, " .. names[id])
      tree:add(f.cmd, tvb(at, 2), names[id])
      add_command(tree, tvb, at, size, id, from_device, found[key], stream)
      if said[#said] ~= names[id] then said[#said + 1] = names[id] end
      at = at + size
    end
  end
  if #said > 0 then pinfo.cols.info = table.concat(said, ", ") end
  return tvb:len()
end

dualcam:register_heuristic("tcp", function(tvb, pinfo, root)
  if not begins_init(tvb, 0) then return false end
  local imei = string.format("%015.0f", tvb(4, 8):uint64():tonumber())
  if #imei ~= 15 or imei:sub(1, 1) == "0" then return false end
  pinfo.conversation = dualcam
  dualcam.dissector(tvb, pinfo, root)
  return true
end)
DissectorTable.get("tcp.port"):add(7050, dualcam)

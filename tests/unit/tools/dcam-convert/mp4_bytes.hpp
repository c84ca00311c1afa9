// MP4 files of three pictures.
#pragma once

#include <algorithm>
#include <span>

#include "dcam-convert/mp4.hpp"
#include "testing.hpp"

namespace dualcam::convert {

inline ByteBuffer box(std::string_view type, Bytes content) {
  ByteBuffer bytes;
  append_be(bytes, static_cast<std::uint32_t>(content.size() + 8));
  append(bytes, as_bytes(type));
  append(bytes, content);
  return bytes;
}

inline ByteBuffer joined(std::initializer_list<ByteBuffer> parts) {
  ByteBuffer whole;
  for (const auto& part : parts) {
    append(whole, part);
  }
  return whole;
}

/// Of a file in memory.
inline Mp4Facts inspect(Bytes file) {
  return inspect_mp4(file.size(), [&](std::uint64_t offset, std::span<std::byte> bytes) {
    if (offset > file.size() || file.size() - offset < bytes.size()) {
      return false;
    }
    std::ranges::copy(file.subspan(offset, bytes.size()), bytes.begin());
    return true;
  });
}

/// Three pictures of 10, 20 and 30 bytes (or of `size` each) in two chunks, the index in front.
inline ByteBuffer indexed_file(std::uint64_t size, bool wide) {
  const auto sizes = size == 0 ? from_hex("00000000 00000000 00000003 0000000a 00000014 0000001e")
                               : from_hex("00000000 00000014 00000003");
  const auto runs = from_hex("00000000 00000002 00000001 00000002 00000001"
                             "00000002 00000001 00000001");
  const auto movie = [&](std::uint64_t data) {
    auto chunks = from_hex("00000000 00000002");
    for (const auto offset : {data, data + (size == 0 ? 30 : 40)}) {
      wide ? append_be(chunks, offset) : append_be(chunks, static_cast<std::uint32_t>(offset));
    }
    auto handler = from_hex("00000000 00000000");
    append(handler, as_bytes("vide"));
    const auto tables =
        joined({box("stsz", sizes), box("stsc", runs), box(wide ? "co64" : "stco", chunks)});
    const auto media = joined({box("hdlr", handler), box("minf", box("stbl", tables))});
    return joined(
        {box("ftyp", from_hex("69736f6d")), box("moov", box("trak", box("mdia", media)))});
  };
  return joined({movie(movie(0).size() + 8), box("mdat", ByteBuffer(60))});
}

} // namespace dualcam::convert

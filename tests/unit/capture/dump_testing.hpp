// Streams of a device for the tests of the dump reader and of the captures around it, and events as
// lines of text.
#pragma once

#include <string>
#include <vector>

#include "dualcam/capture/dump.hpp"
#include "dualcam/wire/crc16.hpp"
#include "testing.hpp"

namespace dualcam {

/// Writes what a device sends.
class DeviceStream {
public:
  static constexpr std::uint64_t imei = 350612071913857;

  explicit DeviceStream(std::uint32_t packets = 10, std::size_t last = 100, std::uint32_t seed = 1)
      : content(random_bytes((packets - 1) * full_packet + last, seed)), packets_(packets) {}

  DeviceStream& init(std::uint8_t offers = 0x10) {
    return message(Init{5, imei, std::uint32_t{offers} << 24 | 0x4000'0400});
  }
  DeviceStream& start() { return message(Start{packets_}); }
  DeviceStream& sync(std::uint32_t packet, bool chain = false) {
    next_ = packet;
    crc_ = chain ? crc16(Bytes(content).first((packet - 1) * full_packet)) : std::uint16_t{0};
    return message(Sync{packet});
  }
  /// The next `count` packets.
  DeviceStream& data(std::uint32_t count) {
    for (; count != 0; --count, ++next_) {
      const auto rest = Bytes(content).subspan((next_ - 1) * full_packet);
      const auto payload = rest.first(std::min(rest.size(), full_packet));
      crc_ = crc16(payload, crc_);
      starts.push_back(bytes.size());
      message(Data{payload, crc_});
    }
    return *this;
  }
  DeviceStream& message(const Message& message) {
    encode(message, bytes);
    return *this;
  }
  DeviceStream& raw(std::string_view hex) {
    append(bytes, from_hex(hex));
    return *this;
  }
  /// A whole session of one file.
  DeviceStream& session() { return init().start().sync(1).data(packets_).init(0); }

  DeviceStream& flip(std::size_t offset) {
    bytes[offset] ^= std::byte{0x10};
    return *this;
  }
  DeviceStream& erase(std::size_t offset, std::size_t count) {
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
    bytes.erase(from, from + static_cast<std::ptrdiff_t>(count));
    return *this;
  }
  DeviceStream& insert(std::size_t offset, Bytes what) {
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(offset), what.begin(), what.end());
    return *this;
  }

  ByteBuffer content;
  ByteBuffer bytes;
  std::vector<std::size_t> starts; ///< of each DATA sent, in `bytes` before any damage

private:
  std::uint32_t packets_;
  std::uint32_t next_ = 1;
  std::uint16_t crc_ = 0;
};

/// One line an event; good packets in a row, numbers counting on, are one line.
class DumpLines {
public:
  void add(const DumpEvent& event) {
    std::visit([this](const auto& what) { on(what); }, event);
  }
  void drain(DumpReader& reader) {
    while (const auto event = reader.poll()) {
      add(*event);
    }
  }
  std::vector<std::string> lines() {
    end_run();
    return lines_;
  }

private:
  void line(std::string text) {
    end_run();
    lines_.push_back(std::move(text));
  }
  void end_run() {
    if (count_ != 0) {
      lines_.push_back(run_ + (count_ > 1 ? "-" + std::to_string(last_) : ""));
      count_ = 0;
    }
  }
  static std::string at(std::uint64_t offset) { return std::to_string(offset) + ' '; }
  static std::string number(std::optional<std::uint32_t> value) {
    return value ? std::to_string(*value) : "?";
  }
  static std::string crc(std::optional<std::uint16_t> value) {
    const std::array bytes{static_cast<std::byte>(value.value_or(0) >> 8),
                           static_cast<std::byte>(value.value_or(0))};
    return value ? to_hex(bytes) : "?";
  }
  static std::string kind(std::optional<FileKind> kind) {
    return kind ? std::string(name_of(*kind)) : "?";
  }

  void on(const DumpInit& init) { line(at(init.offset) + "init " + format_imei(init.init.imei)); }
  void on(const DumpMetadata& metadata) {
    line(at(metadata.offset) + "metadata " + (metadata.of_current ? "behind" : "before"));
  }
  void on(const DumpPath& path) { line(at(path.offset) + "path " + std::string(path.path)); }
  void on(const DumpTransferBegan& began) {
    line(at(began.offset) + "began " + kind(began.kind) + ' ' + number(began.packets));
  }
  void on(const DumpSync& sync) { line(at(sync.offset) + "sync " + std::to_string(sync.packet)); }
  void on(const DumpPacket& packet) {
    const auto how = std::string(name_of(packet.verdict)) +
                     (packet.numbering == DumpNumbering::stated
                          ? ""
                          : ", " + std::string(name_of(packet.numbering))) +
                     (packet.repeat ? ", repeat" : "");
    const bool plain = packet.verdict == DumpVerdict::good;
    if (plain && count_ != 0 && how == how_ && packet.number == last_ + 1) {
      ++last_;
      ++count_;
      return;
    }
    end_run();
    const auto text = at(packet.offset) + how + ' ' + std::to_string(packet.number);
    if (!plain) {
      lines_.push_back(
          text + " at " + std::to_string(packet.file_offset) + ": " +
          std::to_string(packet.payload.size()) + " bytes, " + crc(packet.received_crc) +
          (packet.received_crc == packet.computed_crc ? " = " : " != ") + crc(packet.computed_crc));
      return;
    }
    run_ = text;
    how_ = how;
    last_ = packet.number;
    count_ = 1;
  }
  void on(const DumpSkipped& skipped) {
    line(at(skipped.offset) + "skipped " + std::to_string(skipped.bytes) +
         (skipped.missing != 0 ? ", missing " + std::to_string(skipped.missing) : ""));
  }
  void on(const DumpStatus& status) {
    line(at(status.offset) + "status " + std::to_string(status.code));
  }
  void on(const DumpServerCommand& command) { line("server " + command.text); }
  void on(const DumpTransferEnded& ended) {
    line(at(ended.offset) + "ended " + kind(ended.kind) + ' ' + std::to_string(ended.highest) +
         '/' + number(ended.packets) + " good " + std::to_string(ended.good) + " bad " +
         std::to_string(ended.bad) + " unchecked " + std::to_string(ended.unchecked) + " repeats " +
         std::to_string(ended.repeats));
  }

  std::vector<std::string> lines_;
  std::string run_;
  std::string how_;
  std::uint32_t last_ = 0;
  std::uint32_t count_ = 0;
};

using Lines = std::vector<std::string>;

/// A stream in pieces: bytes, then how many are missing behind them.
struct Piece {
  ByteBuffer bytes;
  std::uint64_t missing = 0;
};

inline Lines read(const std::vector<Piece>& pieces, std::size_t most) {
  DumpReader reader;
  DumpLines log;
  for (const auto& piece : pieces) {
    for (Bytes rest = piece.bytes; !rest.empty();) {
      const auto size = std::min(most, rest.size());
      ByteBuffer copy(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
      rest = rest.subspan(size);
      reader.received(copy);
      std::ranges::fill(copy, std::byte{0xEE}); // the reader keeps no view of its input
      log.drain(reader);
    }
    if (piece.missing != 0) {
      reader.missing(piece.missing);
      log.drain(reader);
    }
  }
  reader.finish();
  log.drain(reader);
  return log.lines();
}

/// The events, which must not depend on how the stream is cut.
inline Lines events(const std::vector<Piece>& pieces) {
  const auto whole = read(pieces, 1 << 20);
  for (const std::size_t most : {1U, 7U, 1030U, 4096U}) {
    CAPTURE(most);
    CHECK(read(pieces, most) == whole);
  }
  return whole;
}

inline Lines events(const DeviceStream& stream) { return events({{stream.bytes, 0}}); }

inline DeviceStream session() { return std::move(DeviceStream().session()); }

} // namespace dualcam

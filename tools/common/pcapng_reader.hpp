// pcapng files, whose interfaces may have link layers of different types: libpcap refuses those.
// Format: draft-ietf-opsawg-pcapng.
#pragma once

#include <functional>
#include <vector>

#include "common/capture_magic.hpp"
#include "common/captured_frame.hpp"
#include "common/input_file.hpp"

namespace dualcam::inline tools {

/// Reads one file. Memory: one block, at most `largest_block` bytes, and 12 bytes an interface, at
/// most 65,536.
class PcapngReader {
public:
  static constexpr std::uint32_t largest_block = 16 << 20;

  /// `take` is called with each captured frame, in the file's order.
  PcapngReader(InputFile& file, const std::function<void(const CapturedFrame&)>& take)
      : file_(file), take_(take) {}

  /// To the end of the file. Errors: io; malformed, a file that is cut off among it: the frames
  /// before have been taken.
  Result<void> read();

private:
  struct Interface {
    LinkType link;
    std::uint32_t most;  ///< bytes of a frame; 0: any number
    unsigned resolution; ///< of times: see capture_time.hpp
  };

  Result<bool> read_block();
  Result<void> take_block(std::uint32_t type, Bytes body);
  Result<void> begin_section(Bytes body);
  Result<void> add_interface(Bytes body);
  Result<void> take_frame(std::uint32_t interface, std::uint32_t captured, std::uint32_t length,
                          std::uint64_t time, Bytes rest);
  Result<Bytes> fetch(std::size_t count);

  std::uint16_t u16(Bytes bytes) const;
  std::uint32_t u32(Bytes bytes) const;
  std::unexpected<Error> error(const std::string& what) const;

  InputFile& file_;
  const std::function<void(const CapturedFrame&)>& take_;
  ByteBuffer buffer_;
  std::size_t position_ = 0; ///< in the buffer
  std::uint64_t offset_ = 0; ///< of the block that is read
  bool big_endian_ = false;
  std::vector<Interface> interfaces_; ///< of the section
};

} // namespace dualcam::inline tools

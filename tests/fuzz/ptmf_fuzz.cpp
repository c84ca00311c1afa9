// Feeds a PTMF file whole and in pieces. The input's first byte says how many bytes of split sizes
// follow; the rest is the file. Checked: both ways give the same events, these cover every byte
// once, memory stays within its bound, and payloads are as large as their chunks allow.
#include <cstdlib>
#include <string>
#include <vector>

#include "dualcam/media/media_type.hpp"
#include "dualcam/media/ptmf.hpp"
#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

/// The events as text, which compares payloads by their CRC.
class Recorder {
public:
  void operator()(const PtmfPicture& picture) {
    require(!picture.payload.empty());
    require(picture.headless || picture.payload_offset == picture.offset + ptmf_header_size);
    cover(picture.offset, picture.size,
          picture.payload_offset - picture.offset + picture.payload.size());
    record("picture", picture.sequence, picture.time, picture.payload);
    log_ += picture.key ? " key" : "";
    log_ += picture.late ? " late" : "";
    log_ += picture.doubtful ? " doubtful" : "";
  }

  void operator()(const PtmfSound& sound) {
    require(!sound.a_law.empty());
    cover(sound.offset, sound.size, sound.a_law.size() + voice_header_size + ptmf_header_size);
    record("sound", sound.sequence, sound.time, sound.a_law);
    log_ += sound.late ? " late" : "";
    log_ += sound.doubtful ? " doubtful" : "";
  }

  void operator()(const PtmfDamage& damage) {
    require(!damage.message.empty() && damage.message.size() < 200);
    require(damage.offset + damage.length >= covered_);
    if (damage.kind == PtmfDamageKind::garbage || damage.kind == PtmfDamageKind::cut_end ||
        damage.kind == PtmfDamageKind::zero_hole || damage.kind == PtmfDamageKind::bad_picture ||
        damage.kind == PtmfDamageKind::bad_voice_header) {
      require(damage.offset == covered_ && damage.length > 0);
      covered_ += damage.length;
    }
    log_ += std::string(name_of(damage.kind)) + ' ' + std::to_string(damage.offset) + ' ' +
            std::to_string(damage.length) + ' ' + std::to_string(damage.pictures) + ' ' +
            std::to_string(damage.sounds) + ' ' + damage.message + '\n';
  }

  std::uint64_t covered() const { return covered_; }
  const std::string& log() const { return log_; }

private:
  void cover(std::uint64_t offset, std::uint64_t size, std::uint64_t content) {
    require(offset == covered_ && content <= size && size <= content + 3);
    covered_ += size;
  }

  void record(const char* kind, std::uint32_t sequence, std::uint64_t time, Bytes content) {
    log_ += '\n' + std::string(kind) + ' ' + std::to_string(covered_) + ' ' +
            std::to_string(sequence) + ' ' + std::to_string(time) + ' ' +
            std::to_string(crc16(content));
  }

  std::uint64_t covered_ = 0;
  std::string log_;
};

/// Reads `file` in pieces of the sizes that `sizes` gives in turn; whole without any.
std::string read(Bytes file, Bytes sizes) {
  Recorder recorder;
  PtmfReader reader;
  const auto drain = [&] {
    while (const auto event = reader.next()) {
      std::visit(recorder, *event);
    }
    require(reader.buffered() <= PtmfReader::most_buffered);
  };
  const auto file_size = file.size();
  for (std::size_t turn = 0; !file.empty(); ++turn) {
    const auto wanted =
        sizes.empty() ? file.size() : std::to_integer<std::size_t>(sizes[turn % sizes.size()]) + 1;
    const auto size = std::min(wanted, file.size());
    const ByteBuffer piece(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    reader.feed(piece);
    drain();
    file = file.subspan(size);
  }
  reader.finish();
  drain();
  require(recorder.covered() == file_size);
  return recorder.log();
}

} // namespace
} // namespace dualcam

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dualcam;
  const auto input = std::as_bytes(std::span(data, size));
  if (input.empty()) {
    return 0;
  }
  const auto split_count = std::min(std::to_integer<std::size_t>(input[0]) % 16, input.size() - 1);
  const auto file = input.subspan(1 + split_count);
  require(read(file, input.subspan(1, split_count)) == read(file, {}));
  static_cast<void>(detect(file));
  return 0;
}

// What dcam-convert makes of a file before ffmpeg sees anything of it. The input's first byte picks
// one of: PTMF to clip, HEVC to access units (whole and in pieces), MP4, sidecar and JPEG.
#include <cstdlib>

#include "dcam-convert/jpeg.hpp"
#include "dcam-convert/mp4.hpp"
#include "dcam-convert/mp4_salvage.hpp"
#include "dcam-convert/ptmf_clip.hpp"
#include "dcam-convert/sidecar.hpp"
#include "dcam-convert/stream_clip.hpp"

namespace dualcam::convert {
namespace {

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

template <class Item> void check(const std::vector<Item>& items, std::uint64_t file_size) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    require(items[i].offset + items[i].size <= file_size);
    require(i == 0 || items[i].time > items[i - 1].time);
    require(i == 0 || items[i].number > items[i - 1].number);
  }
}

void make_clip(Bytes file) {
  PtmfReader reader;
  PtmfClipBuilder builder;
  std::uint64_t pictures = 0;
  reader.feed(file);
  reader.finish();
  while (const auto event = reader.next()) {
    pictures += std::holds_alternative<PtmfPicture>(*event) ? 1 : 0;
    builder.add(*event);
  }
  const auto clip = std::move(builder).finish();
  check(clip.pictures, file.size());
  check(clip.sounds, file.size());
  require(clip.pictures.empty() || clip.pictures.front().key);
  require(clip.pictures.size() + clip.losses.undecodable <= pictures);
}

std::vector<AccessUnit> split(Bytes stream, std::size_t piece) {
  AccessUnitSplitter splitter;
  std::vector<AccessUnit> units;
  while (!stream.empty()) {
    const auto size = std::min(piece, stream.size());
    splitter.feed(stream.first(size), units);
    stream = stream.subspan(size);
  }
  if (const auto last = splitter.finish()) {
    units.push_back(*last);
  }
  return units;
}

void split_units(Bytes stream) {
  const auto units = split(stream, stream.size());
  std::uint64_t end = 0;
  for (const auto& unit : units) {
    require(unit.offset >= end && unit.size != 0);
    end = unit.offset + unit.size;
  }
  require(end <= stream.size());
  require(units == split(stream, 1) && units == split(stream, 5));
}

void inspect(Bytes file) {
  const ReadAt read = [&](std::uint64_t offset, std::span<std::byte> bytes) {
    const bool inside = offset <= file.size() && bytes.size() <= file.size() - offset;
    if (inside) {
      std::ranges::copy(file.subspan(offset, bytes.size()), bytes.begin());
    }
    return inside;
  };
  inspect_mp4(file.size(), read);
  auto index = read_mp4_index(file.size(), read);
  if (!index) {
    return;
  }
  remove_mp4_losses(*index, file.size(), read);
  for (const auto& part : lay_out_mp4(*index).parts) {
    require(part.offset <= file.size() && part.size <= file.size() - part.offset);
  }
}

} // namespace
} // namespace dualcam::convert

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dualcam;
  using namespace dualcam::convert;
  if (size == 0) {
    return 0;
  }
  const auto file = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0] % 4) {
  case 0:
    make_clip(file);
    break;
  case 1:
    split_units(file);
    break;
  case 2:
    inspect(file);
    break;
  default:
    static_cast<void>(parse_sidecar(as_text(file)));
    static_cast<void>(inspect_jpeg(file));
  }
  return 0;
}

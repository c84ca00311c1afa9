#include "dcam-convert/packer.hpp"

#include "dcam-convert/codec_configuration.hpp"
#include "dualcam/media/annex_b.hpp"

namespace dualcam::convert {
namespace {

Result<ByteBuffer> unit_of(const Input& input, const ClipPicture& picture) {
  ByteBuffer unit(picture.sets_size + picture.size);
  const auto bytes = std::span(unit);
  auto read = input.read(picture.sets_offset, bytes.first(picture.sets_size));
  if (read) {
    read = input.read(picture.offset, bytes.subspan(picture.sets_size));
  }
  return read ? Result<ByteBuffer>(std::move(unit)) : std::unexpected(read.error());
}

} // namespace

Result<void> pack(const Input& input, const Clip& clip, bool with_sound, StreamWriter& writer,
                  const std::function<Result<void>(Bytes)>& write) {
  auto change = clip.size_changes.begin();
  auto sound = with_sound ? clip.sounds.begin() : clip.sounds.end();
  const auto put_sounds = [&](std::uint64_t end) -> Result<void> {
    for (; sound != clip.sounds.end() && sound->time < end; ++sound) {
      ByteBuffer a_law(sound->size);
      if (const auto read = input.read(sound->offset, a_law); !read) {
        return std::unexpected(read.error());
      }
      writer.sound(sound->time, a_law);
    }
    return {};
  };
  for (std::size_t number = 0; number < clip.pictures.size(); ++number) {
    const auto& picture = clip.pictures[number];
    const auto unit = unit_of(input, picture);
    if (!unit) {
      return std::unexpected(unit.error());
    }
    const bool changes = change != clip.size_changes.end() && change->picture == number;
    if (number == 0 || changes) {
      const auto sets = head_of_access_unit(*unit, clip.codec);
      const auto size = changes ? change->to : picture_size(sets, clip.codec).value_or(usual_size);
      writer.begin({.codec = clip.codec,
                    .size = size,
                    .period = clip.period,
                    .with_sound = with_sound,
                    .parameter_sets = sets});
      change += changes ? 1 : 0;
    }
    if (const auto put = put_sounds(picture.time); !put) {
      return put;
    }
    writer.picture(picture.key, picture.time, with_lengths(*unit));
    if (const auto written = write(writer.take()); !written) {
      return written;
    }
  }
  if (const auto put = put_sounds(latest_time); !put) {
    return put;
  }
  writer.finish();
  return write(writer.take());
}

} // namespace dualcam::convert

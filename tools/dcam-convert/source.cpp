#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <map>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/capture_magic.hpp"
#include "common/compression.hpp"
#include "common/counted.hpp"
#include "common/descriptor.hpp"
#include "common/escape.hpp"
#include "common/input_file.hpp"
#include "dcam-convert/converter.hpp"
#include "dcam-convert/jpeg.hpp"
#include "dcam-convert/mp4_salvage.hpp"
#include "dcam-convert/ptmf_clip.hpp"
#include "dcam-convert/stream_clip.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/wire/command.hpp"
#include "dualcam/wire/opener.hpp"

namespace dualcam::convert {
namespace {

constexpr std::size_t source_piece = 1 << 20;
constexpr std::size_t longest_head = 16'384; // of a picture
constexpr std::size_t largest_sidecar = 16 << 20;
constexpr std::uint64_t largest_photo = std::uint64_t{256} * 1024 * 1024;
constexpr auto stdin_file = "file:/dev/stdin"; // seekable, other than pipe:0

std::unexpected<Failure> io_failure(const Error& error) {
  return std::unexpected(Failure{ExitCode::io, error.message});
}

/// Gives `take` the file's bytes in pieces.
template <class Take>
Outcome<void> read_through(const Workshop& workshop, const Input& file, Take take) {
  ByteBuffer piece(source_piece);
  for (std::uint64_t offset = 0; offset < file.size(); offset += piece.size()) {
    piece.resize(std::min<std::uint64_t>(piece.size(), file.size() - offset));
    if (const auto read = file.read(offset, piece); !read) {
      return io_failure(read.error());
    }
    take(Bytes(piece));
    if (workshop.stop.requested()) {
      return std::unexpected(Failure{ExitCode::incomplete, "stopped"});
    }
  }
  return {};
}

Outcome<Clip> read_ptmf(const Workshop& workshop, const Input& file) {
  PtmfReader reader;
  PtmfClipBuilder builder;
  const auto drain = [&] {
    while (const auto event = reader.next()) {
      builder.add(*event);
    }
  };
  const auto done = read_through(workshop, file, [&](Bytes piece) {
    reader.feed(piece);
    drain();
  });
  if (!done) {
    return std::unexpected(done.error());
  }
  reader.finish();
  drain();
  return std::move(builder).finish();
}

Outcome<std::vector<AccessUnit>> split_stream(const Workshop& workshop, const Input& file,
                                              const ParameterSets& sets) {
  AccessUnitSplitter splitter(sets);
  std::vector<AccessUnit> units;
  const auto done = read_through(workshop, file, [&](Bytes piece) { splitter.feed(piece, units); });
  if (!done) {
    return std::unexpected(done.error());
  }
  if (const auto last = splitter.finish()) {
    units.push_back(*last);
  }
  return units;
}

/// What precedes the slices of a stream's key pictures.
struct Heads {
  HeadMender mender;
  std::vector<PtmfDamage> damage;
  ParameterSets sets; ///< the first that are whole
  std::map<std::uint64_t, PictureSize> sizes;
};

Outcome<Heads> read_heads(const Input& file, const std::vector<AccessUnit>& units,
                          VideoCodec codec) {
  Heads heads;
  ByteBuffer start;
  for (const auto& unit : units) {
    if (!unit.key || unit.damaged) {
      continue;
    }
    start.resize(std::min<std::uint64_t>(unit.size, longest_head));
    if (const auto read = file.read(unit.offset, start); !read) {
      return io_failure(read.error());
    }
    const auto check = check_access_unit(start, true, codec);
    const auto head = Bytes(start).first(check.head_size);
    const bool damaged = !check.head_flaw.empty();
    heads.mender.add(unit.offset, head, damaged, codec);
    if (damaged) {
      heads.damage.push_back(
          {.kind = PtmfDamageKind::bad_head,
           .offset = unit.offset,
           .length = head.size(),
           .message = "a key picture is whole, but what precedes it is damaged: " +
                      std::string(check.head_flaw)});
      continue;
    }
    heads.sets = heads.sets.end == 0 ? parameter_sets_of(head, codec) : heads.sets;
    if (const auto size = picture_size(head, codec)) {
      heads.sizes[unit.offset] = *size;
    }
  }
  return heads;
}

Outcome<Clip> read_annex_b(const Workshop& workshop, const Input& file, double frame_rate) {
  const auto codec = file.format() == VideoFormat::h264 ? VideoCodec::h264 : VideoCodec::h265;
  auto units = split_stream(workshop, file, {.codec = codec, .units = {}});
  if (!units) {
    return std::unexpected(units.error());
  }
  auto heads = read_heads(file, *units, codec);
  if (!heads) {
    return std::unexpected(heads.error());
  }
  const bool order_is_known =
      std::ranges::all_of(*units, [](const AccessUnit& unit) { return unit.order.has_value(); });
  if (!order_is_known && heads->sets.end != 0) {
    units = split_stream(workshop, file, heads->sets);
    if (!units) {
      return std::unexpected(units.error());
    }
  }
  auto clip = clip_of(*units, frame_rate, heads->mender, std::move(heads->damage));
  clip.codec = codec;
  clip.size_changes = size_changes_in(clip.pictures, heads->sizes);
  return clip;
}

double choose_frame_rate(const Workshop& workshop, const Source& source) {
  const auto& options = workshop.options;
  if (options.fps != 0 || source.sidecar.frame_rate) {
    return options.fps != 0 ? options.fps : *source.sidecar.frame_rate;
  }
  if (is_elementary(source.file.format())) {
    workshop.reporter.note(
        fmt::format("{}: the stream has no times and no metadata: taken for {} frames a second; "
                    "--fps tells better",
                    escaped(source.file.path()), usual_frame_rate));
  }
  return usual_frame_rate;
}

Outcome<void> read_clip(const Workshop& workshop, Source& source) {
  source.frame_rate = choose_frame_rate(workshop, source);
  const bool is_ptmf = source.file.format() == VideoFormat::ptmf;
  if (is_ptmf && workshop.options.fps != 0 && !workshop.options.vendor_recipe) {
    workshop.reporter.note(
        fmt::format("{}: the file has true times, --fps is not used", escaped(source.file.path())));
  }
  auto clip = is_ptmf ? read_ptmf(workshop, source.file)
                      : read_annex_b(workshop, source.file, source.frame_rate);
  if (!clip) {
    return std::unexpected(clip.error());
  }
  if (is_ptmf && workshop.options.fps == 0 && clip->period != 0) {
    source.frame_rate = std::round(1e6 / static_cast<double>(clip->period));
  }
  source.clip = std::move(*clip);
  return {};
}

/// Of an MP4.
double rate_of_index(const Workshop& workshop, const Source& source) {
  const auto& mp4 = source.mp4;
  const auto counted = mp4.seconds > 0 ? static_cast<double>(mp4.frames) / mp4.seconds : 0;
  return workshop.options.fps > 0 ? workshop.options.fps
         : counted >= 1           ? nominal_frame_rate(counted)
                                  : source.sidecar.frame_rate.value_or(usual_frame_rate);
}

std::unexpected<Failure> bad_data(std::string message) {
  return std::unexpected(Failure{ExitCode::bad_data, std::move(message)});
}

Outcome<void> examine_jpeg(const Source& source, Record& record) {
  ByteBuffer photo(std::min<std::uint64_t>(source.file.size(), largest_photo));
  if (const auto read = source.file.read(0, photo); !read) {
    return io_failure(read.error());
  }
  const auto state = inspect_jpeg(photo);
  if (state == JpegState::nothing) {
    return bad_data("is a JPEG photo that ends before its picture begins");
  }
  if (state == JpegState::cut && photo.size() == source.file.size()) {
    record.losses.damage.push_back({.kind = PtmfDamageKind::cut_end,
                                    .offset = source.file.size(),
                                    .length = 0,
                                    .message = "the photo is cut, or has lost bytes: what is left "
                                               "of it is shown"});
  }
  return {};
}

/// Makes a new file of what is whole if not everything is.
Outcome<void> salvage_mp4(const Workshop& workshop, Source& source, const Mp4Index& index) {
  const auto layout = lay_out_mp4(index);
  std::uint64_t size = 0;
  for (const auto& part : layout.parts) {
    size += part.size;
    if (size > source.file.size()) {
      return bad_data("has an index (moov) that is damaged: its pictures overlap");
    }
  }
  auto whole = source.file.rearranged(layout.head, layout.parts, workshop.stop);
  if (!whole) {
    return io_failure(whole.error());
  }
  source.file = std::move(*whole);
  return {};
}

/// Where the metadata tells no time.
void take_creation_time(Source& source) {
  constexpr std::uint64_t from_1904_to_1970 = 2'082'844'800;
  constexpr std::uint64_t year_10000 = 253'402'300'800;
  const auto created = source.mp4.created;
  if (!source.sidecar.time && created > from_1904_to_1970 &&
      created < from_1904_to_1970 + year_10000) {
    source.sidecar.time = SystemTime(std::chrono::seconds(created - from_1904_to_1970));
  }
}

Outcome<void> examine_mp4(const Workshop& workshop, Source& source, Record& record) {
  const ReadAt read = [&](std::uint64_t offset, auto bytes) {
    return source.file.read(offset, bytes).has_value();
  };
  const auto size = source.file.size();
  auto index = read_mp4_index(size, read);
  if (!index) {
    return bad_data(index.error().message);
  }
  source.mp4 = inspect_mp4(size, read);
  take_creation_time(source);
  if (source.mp4.other_tracks != 0 && workshop.options.task() == Task::convert) {
    workshop.reporter.note(fmt::format("{}: {} of neither pictures nor sound left out",
                                       escaped(source.file.path()),
                                       counted(source.mp4.other_tracks, "track")));
  }
  source.doubtful = std::ranges::none_of(index->tracks, &Mp4Track::is_known);
  if (index->tracks.empty()) {
    return {}; // of a kind that is not known here
  }
  record.losses = remove_mp4_losses(*index, size, read);
  const auto all = count_pictures(*index) + record.losses.pictures();
  record.has_clip = true;
  record.frames = source.mp4.frames = count_pictures(*index);
  record.duration = duration_of(*index, true);
  source.mp4_times = picture_times(*index);
  record.size_changes = size_changes(*index, read);
  record.sound_time = duration_of(*index, false);
  record.lost_time = all == 0 ? 0
                              : record.losses.pictures() *
                                    (record.duration / std::max<std::uint64_t>(record.frames, 1));
  if (record.frames == 0) {
    return bad_data("holds no picture that can be decoded");
  }
  const bool in_vain = workshop.options.strict || workshop.options.dry_run;
  return record.losses.none() || in_vain ? Outcome<void>() : salvage_mp4(workshop, source, *index);
}

void fill_record(const Clip& clip, Record& record) {
  record.has_clip = true;
  record.frames = clip.pictures.size();
  record.duration = clip.duration();
  for (const auto& sound : clip.sounds) {
    record.sound_time += sound.end() - sound.time;
  }
  record.losses = clip.losses;
  record.lost_time = clip.lost_time();
  record.size_changes = clip.size_changes;
}

} // namespace

std::string Source::file_argument() const {
  return file.has_path() ? convert::file_argument(file.path()) : stdin_file;
}

Outcome<Sidecar> load_sidecar(const Workshop& workshop, const std::string& input) {
  const auto& options = workshop.options;
  const bool demanded = !options.meta.empty();
  const auto path = demanded ? options.meta : sidecar_of(input).string();
  if (!demanded && input == "-") {
    return Sidecar{};
  }
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int error = file.get() < 0 ? errno : 0;
  if (is_exhaustion(error)) {
    throw std::system_error(error, std::generic_category(), "cannot open " + path);
  }
  if (!demanded && (error == ENOENT || error == ENAMETOOLONG)) {
    return Sidecar{};
  }
  const auto text =
      error == 0 ? read_text(InputFile::of(std::move(file)), largest_sidecar) : errno_error(error);
  if (!text) {
    const auto message = "cannot read " + escaped(path) + ": " + text.error().message;
    if (demanded) {
      return std::unexpected(Failure{ExitCode::io, message});
    }
    workshop.reporter.warning(message + "; going on without metadata");
    return Sidecar{};
  }
  auto sidecar = parse_sidecar(*text);
  if (!sidecar) {
    const auto message = escaped(path) + ": " + sidecar.error().message;
    if (demanded) {
      return std::unexpected(Failure{ExitCode::bad_data, message});
    }
    workshop.reporter.warning(message + "; going on without metadata");
    return Sidecar{};
  }
  for (const auto& value : sidecar->refused) {
    const auto message = escaped(path) + ": " + value;
    if (demanded) {
      return std::unexpected(Failure{ExitCode::bad_data, message});
    }
    workshop.reporter.warning(message + "; going on without it");
  }
  return std::move(*sidecar);
}

namespace {

/// What a file is that begins so, and what can be done with it; empty: maybe a video.
std::string mistaken_for_video(Bytes first_bytes) {
  if (is_capture(first_bytes) || begins_with_init(first_bytes)) {
    return "is captured traffic: 'dcam-crc -x DIR --dump FILE' writes the files that are in it";
  }
  const auto tool = compression_tool(first_bytes);
  return tool.empty() ? ""
                      : fmt::format("is compressed: '{} -dc' undoes it; of captured traffic "
                                    "'dcam-crc -x DIR --dump FILE' writes the files that are in it",
                                    tool);
}

} // namespace

Outcome<Source> open_source(const Workshop& workshop, const std::string& path, Record& record,
                            Bytes begin) {
  auto file = Input::open(path, workshop.stop, Input::most_copied_bytes, begin);
  if (!file) {
    return io_failure(file.error());
  }
  std::array<std::byte, init_size> beginning{};
  const auto first =
      std::span(beginning).first(std::min<std::uint64_t>(file->size(), beginning.size()));
  if (file->read(0, first)) {
    if (auto what = mistaken_for_video(first); !what.empty()) {
      return std::unexpected(Failure{ExitCode::bad_data, std::move(what)});
    }
  }
  record.format = name_of(file->format());
  auto sidecar = load_sidecar(workshop, path);
  if (!sidecar) {
    return std::unexpected(sidecar.error());
  }
  Source source{.file = std::move(*file),
                .sidecar = std::move(*sidecar),
                .clip = {},
                .mp4 = {},
                .mp4_times = {}};
  Outcome<void> done;
  switch (source.file.format()) {
  case VideoFormat::unknown:
    return bad_data(source.file.size() == 0
                        ? "is empty: nothing to convert"
                        : "is neither PTMF nor HEVC, H.264, MP4 or JPEG: nothing to convert");
  case VideoFormat::jpeg:
    done = examine_jpeg(source, record);
    break;
  case VideoFormat::mp4:
    done = examine_mp4(workshop, source, record);
    break;
  case VideoFormat::ptmf:
  case VideoFormat::annex_b:
  case VideoFormat::h264:
    done = read_clip(workshop, source);
    break;
  }
  if (!done) {
    return std::unexpected(done.error());
  }
  if (source.clip) {
    fill_record(*source.clip, record);
  } else {
    source.frame_rate = rate_of_index(workshop, source);
  }
  workshop.reporter.size_changes(record);
  if (!record.losses.none()) {
    record.code = ExitCode::bad_data;
    workshop.reporter.damage(record);
    if (workshop.options.strict) {
      return std::unexpected(Failure{ExitCode::bad_data, "damaged: nothing written (--strict)"});
    }
  }
  return source;
}

} // namespace dualcam::convert

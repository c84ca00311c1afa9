#include "dcam-crc/scrub.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "common/capture_time.hpp"
#include "common/counted.hpp"
#include "common/decompressor.hpp"
#include "common/escape.hpp"
#include "common/json.hpp"
#include "common/pcap_reader.hpp"
#include "common/progress_meter.hpp"
#include "common/seen_frames.hpp"
#include "common/temporary_file.hpp"
#include "dcam-crc/scrub_frame.hpp"
#include "dcam-crc/scrub_plan.hpp"
#include "dualcam/storage/part_file.hpp"

namespace dualcam::crc {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> unsupported(std::string message) {
  return std::unexpected(Error{ErrorCategory::unsupported, 0, std::move(message)});
}

/// A copy of what can be read once, in a file without a name.
Result<InputFile> copy_of(InputFile& file) {
  auto copy = temporary_file(folder_of_temporaries());
  if (copy.get() < 0) {
    return temporary_error("make", errno);
  }
  ByteBuffer buffer(1 << 20);
  for (;;) {
    const auto count = file.read(buffer);
    if (!count) {
      return std::unexpected(count.error());
    }
    if (*count == 0) {
      return InputFile::of(std::move(copy));
    }
    for (auto rest = Bytes(buffer).first(*count); !rest.empty();) {
      const auto written = ::write(copy.get(), rest.data(), rest.size());
      if (written < 0 && errno != EINTR) {
        return temporary_error("write", errno);
      }
      rest = rest.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
  }
}

} // namespace

/// The capture that is made: pcap with nanoseconds.
class Scrub::Writer {
public:
  static Result<Writer> create(const std::string& path) {
    if (path == "-") {
      return Writer(std::nullopt);
    }
    std::error_code error;
    if (fs::exists(fs::symlink_status(path, error))) {
      return errno_error(EEXIST, "cannot create it");
    }
    auto part = PartFile::create(path);
    if (!part) {
      return std::unexpected(part.error());
    }
    return Writer(std::move(*part));
  }
  Writer(Writer&& other) noexcept
      : part_(std::exchange(other.part_, std::nullopt)), buffer_(std::move(other.buffer_)),
        reader_gone_(other.reader_gone_) {}
  Writer& operator=(Writer&&) = delete;
  ~Writer() {
    if (part_) {
      part_->discard();
    }
  }

  Result<void> begin(LinkType link) {
    constexpr std::uint32_t magic_nanoseconds = 0xA1B2'3C4D;
    constexpr std::uint32_t snapshot_length = 262'144;
    append_be(buffer_, magic_nanoseconds);
    append_be(buffer_, std::uint32_t{0x0002'0004}); // version
    append_be(buffer_, std::uint64_t{0});           // time zone, accuracy
    append_be(buffer_, snapshot_length);
    const bool is_raw = link == LinkType::raw_bsd || link == LinkType::raw_openbsd; // in memory
    append_be(buffer_, static_cast<std::uint32_t>(is_raw ? LinkType::raw : link));
    return flush();
  }

  Result<void> frame(Bytes bytes, std::uint64_t length, std::uint64_t time) {
    constexpr std::size_t at_once = 1 << 20;
    constexpr std::uint64_t a_second = 1'000'000'000;
    append_be(buffer_, static_cast<std::uint32_t>(time / a_second));
    append_be(buffer_, static_cast<std::uint32_t>(time % a_second));
    append_be(buffer_, static_cast<std::uint32_t>(bytes.size()));
    append_be(buffer_, static_cast<std::uint32_t>(length));
    append(buffer_, bytes);
    return buffer_.size() < at_once ? Result<void>() : flush();
  }

  /// Its name; empty: standard output.
  Result<fs::path> finish() {
    if (const auto flushed = flush(); !flushed) {
      return std::unexpected(flushed.error());
    }
    if (!part_) {
      return fs::path();
    }
    const auto name = part_->finish(IfExists::fail);
    if (!name) {
      return std::unexpected(name.error());
    }
    part_.reset();
    return **name;
  }

private:
  explicit Writer(std::optional<PartFile> part) : part_(std::move(part)) {}

  Result<void> flush() {
    const Bytes piece = buffer_;
    auto result = Result<void>();
    if (part_) {
      result = part_->append(std::span(&piece, 1));
    } else if (!reader_gone_) {
      const int error = write_to_reader(STDOUT_FILENO, as_text(piece));
      reader_gone_ = error == EPIPE; // it has what it wants
      if (error != 0 && !reader_gone_) {
        result = errno_error(error, "cannot write to standard output");
      }
    }
    buffer_.clear();
    return result;
  }

  std::optional<PartFile> part_;
  ByteBuffer buffer_;
  bool reader_gone_ = false;
};

/// Finds the connection of each frame once more, as the plan has numbered them.
class Scrub::Pass : private TcpReassembly::Listener {
public:
  Pass(ScrubPlan& plan, std::optional<std::uint16_t> port) : plan_(plan), port_(port) {}

  ScrubPlan::Place place_of(const CapturedFrame& frame) {
    const auto segment = finder_.find(frame.link, frame.bytes, frame.time);
    ScrubPlan::Place place;
    const bool is_meant = segment && (!port_ || segment->source.port == *port_ ||
                                      segment->destination.port == *port_);
    if (is_meant) {
      const auto [connection, from_a] = reassembly_.segment(*segment);
      place = {connection, from_a, segment->sequence + (segment->syn ? 1 : 0), 0};
    } else if (segment) {
      place.sequence = segment->sequence;
    }
    const auto number = frames_++;
    return finder_.fragment() ? plan_.fragment(number) : place;
  }

private:
  void piece(const TcpConnection&, const TcpPiece&) override {}
  void over(const TcpConnection&) override {}

  ScrubPlan& plan_;
  std::optional<std::uint16_t> port_;
  SegmentFinder finder_;
  TcpReassembly reassembly_{*this};
  std::uint64_t frames_ = 0;
};

ExitCode Scrub::failed(const std::string& path, const Error& error) {
  console_.error(fmt::format("{}: {}", escaped(path), escaped(error.message)));
  return error.category == ErrorCategory::io ? ExitCode::io : ExitCode::bad_data;
}

Result<Scrub::Source> Scrub::look_at(const std::string& path) const {
  std::error_code error;
  if (path != "-" && options_.scrub != "-" && fs::equivalent(path, options_.scrub, error)) {
    return std::unexpected(
        Error{ErrorCategory::io, 0, "is what --scrub would write over: give another name"});
  }
  auto file = ContentFile::open(path);
  if (!file) {
    return std::unexpected(file.error());
  }
  const auto sample = file->content().peek(4);
  if (!sample) {
    return std::unexpected(sample.error());
  }
  if (!is_capture(*sample)) {
    return unsupported("--scrub takes captures, pcap or pcapng, and this is none");
  }
  constexpr auto last = std::numeric_limits<std::uint64_t>::max();
  Source source{path, sources_.size(), first_time_of(file->content()).value_or(last), std::nullopt};
  if (!file->can_be_opened_again()) {
    auto copy = copy_of(file->content());
    const auto whole = file->finish();
    if (!copy || !whole) {
      return std::unexpected(copy ? whole.error() : copy.error());
    }
    source.kept = std::move(*copy);
  }
  return source;
}

ExitCode Scrub::find_sources() {
  for (const auto& path : options_.files) {
    auto source = look_at(path);
    if (!source) {
      return failed(path, source.error());
    }
    sources_.push_back(std::move(*source));
  }
  std::ranges::sort(sources_, {},
                    [](const Source& each) { return std::pair(each.time, each.position); });
  return ExitCode::done;
}

/// All frames, in order of time, those that were captured twice once. What is wrong with a capture
/// is told once, and costs what is behind it.
template <class Take> ExitCode Scrub::read_all(bool again, const Take& take) {
  SeenFrames seen;
  const auto take_once = [&](const CapturedFrame& frame) {
    if (!seen.has_seen(frame)) {
      take(frame);
    }
  };
  auto code = ExitCode::done;
  for (auto& [path, position, time, kept] : sources_) {
    Result<void> read;
    if (kept) {
      kept->rewind();
      read = read_capture(*kept, take_once);
    } else if (auto file = ContentFile::open(path)) {
      read = read_capture(file->content(), take_once);
      const auto whole = file->finish();
      read = read ? whole : read;
    } else {
      read = std::unexpected(file.error());
    }
    if (!read && !again) {
      code = worse_of(code, failed(path, read.error()));
    }
  }
  return code;
}

ExitCode Scrub::run() {
  const auto found = find_sources();
  if (found != ExitCode::done) {
    return found;
  }
  const ScrubKey key;
  ScrubValues values(key);
  ScrubPlan plan(key, values, options_.port);
  bool has_room = true;
  const auto code = read_all(
      false, [&](const CapturedFrame& frame) { has_room = has_room && plan.frame(frame); });
  plan.finish();
  if (!has_room) {
    console_.error(
        "there is more in it than can be replaced at once: choose with --port, or cut it "
        "(editcap -c)");
    return ExitCode::bad_data;
  }
  if (plan.counts().connections == 0) {
    console_.error("no camera speaks in it: nothing is written");
    return worse_of(code, ExitCode::bad_data);
  }
  return worse_of(code, write(plan, values, key));
}

ExitCode Scrub::write(ScrubPlan& plan, ScrubValues& values, const ScrubKey& key) {
  auto writer = Writer::create(options_.scrub);
  if (!writer) {
    return failed(options_.scrub, writer.error());
  }
  const bool one_link = plan.links().size() == 1;
  auto written = writer->begin(one_link ? *plan.links().begin() : LinkType::raw);
  Pass pass(plan, options_.port);
  std::uint64_t number = 0;
  read_all(true, [&](const CapturedFrame& frame) {
    const auto place = pass.place_of(frame);
    const ScrubFrame scrubbed(
        key, values, frame, number++, place.header,
        [&](std::size_t skip, std::span<std::byte> bytes) { plan.replace(place, skip, bytes); });
    const auto bytes = one_link ? scrubbed.bytes() : scrubbed.packet();
    if (written && !bytes.empty()) {
      written =
          writer->frame(bytes, frame.length - (frame.bytes.size() - bytes.size()), frame.time);
    }
  });
  const auto name = written ? writer->finish() : std::unexpected(written.error());
  if (!name) {
    return failed(options_.scrub, name.error());
  }
  tell(plan, values);
  return ExitCode::done;
}

void Scrub::tell(const ScrubPlan& plan, const ScrubValues& values) {
  const auto& counts = plan.counts();
  if (options_.common.json) {
    product_.line(to_line({{"event", "scrubbed"},
                           {"path", options_.scrub},
                           {"frames", counts.frames},
                           {"connections", counts.connections},
                           {"other_connections", counts.others},
                           {"imeis", values.imeis()},
                           {"device_paths", values.paths()},
                           {"addresses", values.addresses()}}));
  } else if (options_.scrub != "-") {
    product_.line(escaped(options_.scrub));
  }
  console_.note(fmt::format(
      "{} replaced: {}, {}, {}, positions, names and contents; ports, times "
      "and lengths stay",
      counted(counts.connections, "camera's connection", "connections of cameras"),
      counted(values.imeis(), "IMEI"), counted(values.addresses(), "IP address", "IP addresses"),
      counted(values.paths(), "path")));
  for (const auto& [type, count] : plan.finder().not_read()) {
    console_.note(
        fmt::format("{} not understood, all of it replaced: {}", counted(count, "frame"), type));
  }
}

} // namespace dualcam::crc

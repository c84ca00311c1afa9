// How fast one core takes a file from the wire: framing, CRC, protocol; without socket and disk; by
// kind, and by path in DATA and ENHANCED DATA; in pieces as small as a packet of TCP and as large
// as a read that finds 64 KiB and more waiting. Then the same into a folder. Baseline: the CRC
// alone, which every packet needs.
#include <algorithm>
#include <filesystem>
#include <random>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "dualcam/host/collector.hpp"
#include "dualcam/session/camera_session.hpp"
#include "dualcam/session/server_session.hpp"
#include "dualcam/storage/file_system.hpp"
#include "dualcam/wire/crc16.hpp"

namespace {

using namespace dualcam;

constexpr std::size_t file_size = 8 << 20;

enum class Files { by_kind, by_path, by_path_enhanced };

/// Everything a device sends for one file, from DATA on.
ByteBuffer data_stream(Files files) {
  ByteBuffer content(
      file_size); // like a video's: padding would be looked at for what tells files apart
  std::ranges::generate(content, [random = std::minstd_rand(1)]() mutable {
    return static_cast<std::byte>(random() >> 8U);
  });
  ByteBuffer stream;
  std::uint16_t crc = 0;
  for (std::size_t at = 0; at < content.size(); at += full_packet) {
    const auto payload = Bytes(content).subspan(at, full_packet);
    crc = crc16(payload, crc);
    files == Files::by_path_enhanced
        ? encode(EnhancedData{static_cast<std::uint32_t>(at), payload, crc}, stream)
        : encode(Data{payload, crc}, stream);
  }
  return stream;
}

/// Everything before that.
ByteBuffer opening(Files files) {
  const bool by_kind = files == Files::by_kind;
  auto stream = encode(Init{5, 42, by_kind ? 0x1000'0000U : 0x0200'0000U});
  append(stream, by_kind ? ByteBuffer() : encode(Path{"dsm/video/231020/231452.mp4"}));
  encode(Start{static_cast<std::uint32_t>(by_kind ? file_size / full_packet : file_size)}, stream);
  encode(Sync{by_kind ? 1U : 0U}, stream);
  return stream;
}

template <class Feed> void feed_in_pieces(Bytes stream, std::size_t piece_size, Feed feed) {
  while (!stream.empty()) {
    const auto piece = stream.first(std::min(piece_size, stream.size()));
    feed(piece);
    stream = stream.subspan(piece.size());
  }
}

void session(benchmark::State& state, Files files) {
  const auto stream = data_stream(files);
  const auto piece_size = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    ServerSession server({.wanted = Wishes::all(), .metadata = false}, TimePoint{});
    std::uint64_t bytes = 0;
    const auto feed = [&](Bytes input) {
      server.received(input, TimePoint{});
      while (auto action = server.poll()) {
        if (const auto* data = std::get_if<FileData>(&*action)) {
          bytes += data->payload.size();
        } else if (std::get_if<Identified>(&*action) != nullptr) {
          server.accept(TimePoint{});
        } else if (std::get_if<FileOffered>(&*action) != nullptr) {
          server.fetch(TimePoint{});
        } else if (std::get_if<FileStarted>(&*action) != nullptr) {
          server.begin(TimePoint{});
        }
      }
    };
    feed(opening(files));
    feed_in_pieces(stream, piece_size, feed);
    if (bytes != file_size) {
      state.SkipWithError("the file did not arrive");
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(file_size));
}
BENCHMARK_CAPTURE(session, by_kind, Files::by_kind)->Arg(536)->Arg(1460)->Arg(65536)->Arg(262144);
BENCHMARK_CAPTURE(session, by_path, Files::by_path)->Arg(536)->Arg(1460)->Arg(65536)->Arg(262144);
BENCHMARK_CAPTURE(session, enhanced, Files::by_path_enhanced)
    ->Arg(536)
    ->Arg(1460)
    ->Arg(65536)
    ->Arg(262144);

/// Everything else is real: the files of a folder in memory where there is one.
class WithoutSyncs : public FileSystem {
public:
  int fdatasync(int) override { return 0; }
  int fsync(int) override { return 0; }
};

/// The same into a folder, as a small host stores it, but for what the disk takes: a device that
/// sends little at a time, and one whose bytes come in large pieces.
void collected(benchmark::State& state, Files files) {
  const auto stream = data_stream(files);
  const auto piece_size = static_cast<std::size_t>(state.range(0));
  WithoutSyncs disk;
  const FileSystem::Use use(disk);
  const auto memory = std::filesystem::path("/dev/shm");
  const auto folder =
      (std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path()) /
      ("session-bench-" + std::to_string(::getpid()));
  for (auto _ : state) {
    state.PauseTiming();
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
    state.ResumeTiming();
    CollectorConfig config{.folder = folder};
    config.session.metadata = false;
    Collector collector(std::move(config), TimePoint{});
    bool stored = false;
    const auto feed = [&](Bytes input) {
      collector.received(input, TimePoint{});
      while (const auto event = collector.poll()) {
        if (std::get_if<FileStored>(&*event) != nullptr) {
          stored = true;
          collector.told(TimePoint{});
        }
      }
    };
    feed(opening(files));
    feed_in_pieces(stream, piece_size, feed);
    if (!stored) {
      state.SkipWithError("the file was not stored");
    }
  }
  std::filesystem::remove_all(folder);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(file_size));
}
BENCHMARK_CAPTURE(collected, by_kind, Files::by_kind)->Arg(536)->Arg(1460)->Arg(65536);
BENCHMARK_CAPTURE(collected, enhanced, Files::by_path_enhanced)->Arg(536)->Arg(1460)->Arg(65536);

void crc_alone(benchmark::State& state) {
  const ByteBuffer packet(full_packet, std::byte{0x5A});
  std::uint16_t crc = 0;
  for (auto _ : state) {
    crc = crc16(packet, crc);
    benchmark::DoNotOptimize(crc);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(packet.size()));
}
BENCHMARK(crc_alone);

} // namespace

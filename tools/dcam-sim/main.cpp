#include <cstring>
#include <memory>

#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <fmt/format.h>

#include "common/coroutine.hpp"
#include "common/counted.hpp"
#include "common/decompressor.hpp"
#include "common/descriptor_limit.hpp"
#include "common/escape.hpp"
#include "common/line_limit.hpp"
#include "common/pcap_reader.hpp"
#include "common/progress_meter.hpp"
#include "common/stop_signal.hpp"
#include "common/unforeseen.hpp"
#include "dcam-sim/device.hpp"
#include "dcam-sim/kept_media.hpp"
#include "dcam-sim/replayer.hpp"

namespace dualcam::sim {
namespace {

constexpr std::uint64_t most_errors_of_a_kind = 10; // a minute

class Simulator {
public:
  explicit Simulator(const SimOptions& options)
      : options_(options), console_("dcam-sim", options.common) {}

  int run() {
    allow_many_descriptors();
    hurry_when_readable(stop_.descriptor());
    const bool replays = !options_.replay.empty();
    const auto loaded = !prepare_tls() ? ExitCode::io : replays ? load_replay() : load();
    if (stop_.requested()) {
      return end();
    }
    if (loaded != ExitCode::done) {
      return static_cast<int>(loaded);
    }
    replays ? start_replay() : start_devices();
    stopped_.async_wait(asio::posix::descriptor_base::wait_read,
                        [this](const asio::error_code& error) {
                          if (!error) {
                            io_.stop();
                          }
                        });
    asio::co_spawn(io_, progress_loop(), asio::detached);
    io_.run();
    return end();
  }

private:
  void start_devices() {
    offers_ = offers_of(recordings_, options_);
    running_ = options_.devices;
    for (std::uint32_t number = 0; number < options_.devices; ++number) {
      devices_.push_back(std::make_unique<Device>(
          options_, number, offers_, io_.get_executor(),
          [this](const auto& name, auto fields, const auto& text) {
            on_event(name, std::move(fields), text);
          },
          Clock::system(), tls_ ? &*tls_ : nullptr));
      spawn(devices_.back()->run());
    }
  }

  void spawn(asio::awaitable<ExitCode> device) {
    asio::co_spawn(io_, std::move(device),
                   [this](const std::exception_ptr& failure, ExitCode code) {
                     if (failure) {
                       std::rethrow_exception(failure);
                     }
                     finished(code);
                   });
  }

  /// What is wrong with the capture costs what is behind it.
  ExitCode load_replay() {
    auto file = ContentFile::open(options_.replay);
    auto store = file ? ReplayStore::create() : std::unexpected(file.error());
    const auto sample = store ? file->content().peek(4) : std::unexpected(store.error());
    if (!sample) {
      console_.error(fmt::format("{}: {}", escaped(options_.replay), sample.error().message));
      return ExitCode::io;
    }
    if (!is_capture(*sample)) {
      console_.error(escaped(options_.replay) + ": a capture was expected, pcap or pcapng");
      return ExitCode::bad_data;
    }
    store_ = std::move(*store);
    ReplayScript script(*store_);
    auto read =
        read_capture(file->content(), [&](const CapturedFrame& frame) { script.frame(frame); });
    const auto whole = file->finish();
    read = read ? whole : read;
    connections_ = script.finish();
    if (!read) {
      console_.error(fmt::format("{}: {}", escaped(options_.replay), read.error().message));
      code_ = read.error().category == ErrorCategory::io ? ExitCode::io : ExitCode::bad_data;
    }
    if (connections_.empty() || store_->error() != 0) {
      console_.error(store_->error() != 0 ? fmt::format("cannot keep the capture's bytes: {}",
                                                        std::strerror(store_->error()))
                                          : escaped(options_.replay) + ": no camera speaks in it");
      return store_->error() != 0 ? ExitCode::io : ExitCode::bad_data;
    }
    return ExitCode::done;
  }

  void start_replay() {
    replayer_.emplace(
        options_, std::move(connections_), *store_, io_.get_executor(),
        [this](const auto& name, auto fields, const auto& text) {
          on_event(name, std::move(fields), text);
        },
        Clock::system(), tls_ ? &*tls_ : nullptr);
    running_ = static_cast<std::uint32_t>(replayer_->devices());
    for (std::size_t device = 0; device < replayer_->devices(); ++device) {
      spawn(replayer_->run(device));
    }
  }

  bool prepare_tls() {
    if (!options_.tls) {
      return true;
    }
    const auto& files = options_.tls_files;
    auto context = TlsContext::client(files, options_.host);
    if (!context) {
      console_.error(escaped(context.error().message));
      return false;
    }
    tls_ = std::move(*context);
    if (files.authorities.empty()) {
      console_.note("who the server is remains unchecked: --tls-ca FILE would tell");
    }
    return true;
  }

  ExitCode load_again() {
    auto found = kept(kept_media_folder());
    if (!found) {
      console_.error(found.error().message);
      return ExitCode::io;
    }
    options_.generate = found->seconds;
    options_.frame_rate = found->frame_rate;
    recordings_ = std::move(found->recordings);
    return ExitCode::done;
  }

  /// Whether somebody listens: ffmpeg's work would be for nothing. Who comes back may find somebody
  /// later.
  bool answered() {
    if (options_.reconnect != 0) {
      return true;
    }
    Device device(options_, 0, {}, io_.get_executor(),
                  [this](const auto& name, auto fields, const auto& text) {
                    on_event(name, std::move(fields), text);
                  });
    bool reached = true;
    asio::co_spawn(io_, device.reach(), [&](const std::exception_ptr& failure, bool done) {
      if (failure) {
        std::rethrow_exception(failure);
      }
      reached = done;
      stopped_.cancel();
    });
    stopped_.async_wait(asio::posix::descriptor_base::wait_read,
                        [this](const asio::error_code& error) {
                          if (!error) {
                            io_.stop();
                          }
                        });
    io_.run();
    io_.restart();
    return reached;
  }

  ExitCode load() {
    for (const auto& argument : options_.files) {
      if (const auto text = mistaken_file(argument); !text.empty()) {
        console_.error(text);
        return ExitCode::usage;
      }
    }
    for (const auto& argument : options_.files) {
      auto recording = load_recording(argument);
      if (!recording) {
        console_.error(recording.error().message);
        return ExitCode::io;
      }
      recordings_.push_back(std::move(*recording));
    }
    if (options_.again) {
      return load_again();
    }
    if (options_.files.empty() && options_.generate == 0) {
      options_.generate = 3;
    }
    if (options_.generate != 0) {
      if (!answered()) {
        return ExitCode::io;
      }
      console_.note(fmt::format("making a photo and {} s of video", options_.generate));
      auto generated =
          generate_recordings(options_.generate, options_.frame_rate, stop_.descriptor());
      if (!generated && !stop_.requested()) {
        console_.error(generated.error().message);
      }
      if (!generated) {
        return ExitCode::child_failed;
      }
      Generated made{options_.generate, options_.frame_rate, std::move(*generated)};
      if (const auto folder = kept_media_folder(); !folder.empty()) {
        if (const auto done = keep(made, folder); !done) {
          console_.detail("not kept for --again: " + done.error().message);
        }
      }
      std::ranges::move(made.recordings, std::back_inserter(recordings_));
    }
    return ExitCode::done;
  }

  void on_event(const std::string& name, Json fields, const std::string& text) {
    if (options_.common.json) {
      auto line = Json::object();
      line["event"] = name;
      line["time"] = format_time(system_now());
      line.update(fields);
      product_.line(to_line(line));
    }
    const auto whole =
        options_.devices == 1 && (!replayer_ || replayer_->devices() == 1)
            ? escaped(text)
            : fmt::format("{}: {}", fields["imei"].template get<std::string>(), escaped(text));
    if (name == "unreachable" || name == "refused" || name == "disconnected") {
      if (errors_.allows(name, steady_now())) {
        console_.error(whole);
      }
    } else if (name == "asked" || (name == "ended" && options_.devices > 1)) {
      console_.detail(whole);
    } else {
      console_.note(whole);
    }
  }

  void finished(ExitCode code) {
    code_ = worse_of(code_, code);
    if (--running_ == 0) {
      stopped_.cancel();
      progress_timer_.cancel();
    }
  }

  asio::awaitable<void> progress_loop() {
    ProgressMeter meter(console_, "sent");
    while (running_ != 0) {
      progress_timer_.expires_after(progress_interval);
      co_await progress_timer_.async_wait(as_values);
      tell_of_rest(errors_.rest(steady_now()));
      std::uint64_t sent = 0;
      std::uint64_t total = 0;
      for (const auto& device : devices_) {
        sent += device->bytes_sent();
        total += device->bytes_to_send();
      }
      if (replayer_) {
        sent = replayer_->bytes_sent();
        total = replayer_->bytes_to_send();
      }
      if (sent != 0 && running_ != 0) {
        meter.update(sent, total);
      }
    }
  }

  void tell_of_rest(const std::vector<LineLimit::Rest>& rest) {
    for (const auto& [kind, lines] : rest) {
      console_.error(fmt::format("{}: {} more", kind, counted(lines, "device")));
    }
  }

  int end() {
    tell_of_rest(errors_.whole_rest());
    if (stop_.requested()) {
      console_.error("stopped");
      return 128 + stop_.signal();
    }
    if (code_ == ExitCode::done) {
      console_.note(replayer_ ? "all that was captured has been sent"
                              : "the server has taken every file");
    }
    if (product_.error() != 0) {
      console_.error(
          fmt::format("cannot write to standard output: {}", std::strerror(product_.error())));
      code_ = worse_of(code_, ExitCode::io);
    }
    return static_cast<int>(code_);
  }

  SimOptions options_;
  Console console_;
  Product product_;
  LineLimit errors_{most_errors_of_a_kind};
  std::vector<Recording> recordings_;
  std::vector<Offer> offers_; ///< of these
  StopSignal stop_;
  asio::io_context io_{1};
  asio::posix::stream_descriptor stopped_{io_, ::dup(stop_.descriptor())};
  asio::steady_timer progress_timer_{io_};
  std::optional<TlsContext> tls_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::vector<ReplayConnection> connections_; ///< of --replay
  std::optional<ReplayStore> store_;
  std::optional<Replayer> replayer_;
  std::uint32_t running_ = 0;
  ExitCode code_ = ExitCode::done;
};

} // namespace
} // namespace dualcam::sim

int main(int count, char** arguments) {
  dualcam::tools::prepare_standard_streams();
  return dualcam::tools::run_tool("dcam-sim", [&] {
    const auto options = dualcam::sim::parse_sim_options(count, arguments);
    return options ? dualcam::sim::Simulator(*options).run() : static_cast<int>(options.error());
  });
}

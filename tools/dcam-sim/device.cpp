#include "dcam-sim/device.hpp"

#include <array>

#include <asio/post.hpp>
#include <fmt/format.h>
#include <openssl/sha.h>

#include "common/coroutine.hpp"
#include "common/counted.hpp"
#include "common/host.hpp"
#include "common/units.hpp"
#include "dualcam/wire/hex.hpp"

namespace dualcam::sim {
namespace {

constexpr unsigned sends_at_a_time = 16; // then the other devices have their turn
constexpr std::size_t most_gathered = 32'768;

CameraConfig config_for(const SimOptions& options, std::uint32_t number) {
  return {.protocol = options.protocol,
          .imei = options.imei + number,
          .crc_after_sync = options.crc_after_sync,
          .sync_back = options.sync_back,
          .packet_size = options.packet_size,
          .enhanced = options.enhanced_data,
          .start_in_packets = options.start_in_packets,
          .path_form = options.path_form,
          .end_status = options.end_status};
}

std::string sha256(Bytes content) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data());
  return to_hex(std::as_bytes(std::span(digest)));
}

} // namespace

Device::Device(const SimOptions& options, std::uint32_t number, std::span<const Offer> offers,
               const asio::any_io_executor& executor, Events events, Clock& clock,
               const TlsContext* tls)
    : options_(options), config_(config_for(options, number)), line_(options, number),
      rate_(options.rate), executor_(executor), timer_(executor), events_(std::move(events)),
      clock_(clock),
      caller_(options, executor, clock, tls,
              [this](const auto& error, auto what, auto hint) {
                tell("unreachable", {{"error", error}},
                     fmt::format("{} {}: {}{}", what, host_and_port(options_.host, options_.port),
                                 error, hint));
              }),
      starts_after_(options.ramp * number / options.devices), file_count_(offers.size()) {
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const auto& content = offers[i].recording->content;
    files_.push_back({offers[i].file, content, metadata_of(offers[i], options)});
    labels_.push_back({offers[i], i, {}});
    bytes_to_send_ += content.size();
  }
}

asio::awaitable<ExitCode> Device::run() {
  for (const auto start = clock_.now() + starts_after_; clock_.now() < start;) {
    co_await clock_.wait(timer_, start);
  }
  for (std::uint32_t attempt = 0;; ++attempt) {
    const auto outcome = co_await connect_once();
    if (outcome == Outcome::finished) {
      co_return ExitCode::done;
    }
    if (outcome == Outcome::refused || attempt == options_.reconnect) {
      co_return outcome == Outcome::unreachable ? ExitCode::io : ExitCode::incomplete;
    }
    co_await pause(options_.reconnect_delay);
  }
}

asio::awaitable<bool> Device::reach() {
  asio::ip::tcp::socket socket(executor_);
  co_return co_await caller_.reach(socket);
}

asio::awaitable<Device::Outcome> Device::connect_once() {
  asio::ip::tcp::socket socket(executor_);
  if (!co_await caller_.reach(socket)) {
    co_return Outcome::unreachable;
  }
  Link link(std::move(socket), nullptr, clock_);
  if (!co_await caller_.secure(link)) {
    co_return Outcome::unreachable;
  }
  tell("connected", {{"files", files_.size()}},
       fmt::format("connected to {}, offering {}", host_and_port(options_.host, options_.port),
                   counted(files_.size(), "file")));
  co_return co_await converse(link);
}

/// Takes what the server says. It has time for that until `until`.
std::optional<Device::Outcome> Device::hear(Link& link, CameraSession& session, TimePoint until) {
  const auto count = link.read(heard_);
  if (count && caller_.is_misunderstood(Bytes(heard_).first(*count))) {
    return Outcome::unreachable;
  }
  if (count && *count > 0) {
    session.received(Bytes(heard_).first(*count));
    return std::nullopt;
  }
  if (count) {
    const auto why = link.error().message();
    tell("disconnected", {{"error", why}}, "the server hung up: " + why);
    return Outcome::lost;
  }
  if (clock_.now() < until) {
    return std::nullopt;
  }
  tell("disconnected", {{"error", "silent server"}},
       fmt::format("the server has been silent for {}: giving it up",
                   format_duration(server_patience)));
  return Outcome::lost;
}

asio::awaitable<Device::Outcome> Device::converse(Link& link) {
  begin_connection();
  CameraSession session(config_, files_);
  std::vector<std::size_t> taken;
  std::optional<Outcome> outcome;
  auto until = clock_.now() + server_patience;
  while (!outcome) {
    bool sending = false;
    while (auto action = session.poll()) {
      if (auto* send = std::get_if<CameraSend>(&*action)) {
        sending = send->packet != 0;
        if (!co_await transmit(link, std::move(*send))) {
          outcome = Outcome::lost;
          break;
        }
        if (sending && gathered_.empty()) {
          until = clock_.now() + server_patience;
          break; // the server may have something to say
        }
      } else if (const auto* asked = std::get_if<CameraAsked>(&*action)) {
        tell("asked", {{"command", asked->text}}, "the server sends " + asked->text);
      } else if (const auto* file = std::get_if<CameraFileTaken>(&*action)) {
        if (file->certainly || labels_[file->index].damaged.empty()) {
          taken.push_back(file->index);
        }
      } else if (const auto* ended = std::get_if<CameraEnded>(&*action)) {
        tell("ended", {{"reason", ended->text}}, ended->text);
        outcome = ended->by_server ? Outcome::finished : Outcome::refused;
      }
      until = clock_.now() + server_patience;
    }
    if (!outcome && !co_await send_gathered(link)) {
      outcome = Outcome::lost;
    }
    if (outcome) {
      break;
    }
    if (!sending) {
      co_await link.wait_to_read(until);
    } else if (++sends_ % sends_at_a_time == 0) {
      co_await asio::post(asio::use_awaitable);
    }
    outcome = hear(link, session, until);
  }
  forget_taken(taken);
  if (*outcome == Outcome::finished && !files_.empty()) {
    tell("refused", {{"files", files_.size()}},
         fmt::format("the server left {} untaken", counted(files_.size(), "file")));
    outcome = Outcome::refused;
  }
  co_return *outcome;
}

void Device::begin_connection() {
  std::vector<std::uint32_t> packets(file_count_);
  for (std::size_t i = 0; i < files_.size(); ++i) {
    packets[labels_[i].number] =
        files_[i].packets(files_[i].file.kind() ? full_packet : options_.packet_size);
  }
  line_.connected(packets);
}

/// False if the connection is lost, as told to be or really.
asio::awaitable<bool> Device::transmit(Link& link, CameraSend send) {
  const Packet packet{send.packet != 0 ? labels_[send.file].number : 0, send.packet};
  auto random = line_.random_for(packet, send.asked);
  if (send.packet != 0) {
    auto& damaged = labels_[send.file].damaged;
    line_.damage(send.bytes, random) ? (void)damaged.insert(send.packet)
                                     : (void)damaged.erase(send.packet);
    if (const auto stall = line_.stall_before(packet); stall.count() != 0) {
      if (!co_await send_gathered(link)) {
        co_return false;
      }
      tell("stalled", {{"packet", send.packet}},
           fmt::format("silent for {} before packet {}", format_duration(stall), send.packet));
      co_await pause(stall);
    }
    bytes_sent_ += send.bytes.size();
  }
  const bool is_cut = send.packet != 0 && line_.cuts_after(packet);
  if (!options_.is_paced()) {
    append(gathered_, send.bytes);
    const bool goes_on = send.packet != 0 && !is_cut && gathered_.size() < most_gathered;
    if (!goes_on && !co_await send_gathered(link)) {
      co_return false;
    }
  } else if (!co_await send_paced(link, send.bytes, random)) {
    co_return false;
  }
  if (is_cut) {
    tell("cut", {{"packet", send.packet}},
         fmt::format("connection cut after packet {}", send.packet));
    if (options_.replace_file) {
      replace(send.file);
    }
  }
  co_return !is_cut;
}

asio::awaitable<bool> Device::send_paced(Link& link, Bytes bytes, Random& random) {
  while (!bytes.empty()) {
    const auto piece = bytes.first(line_.next_chunk(bytes.size(), random));
    bytes = bytes.subspan(piece.size());
    co_await pause(rate_.wait_for(piece.size(), steady_now()));
    if (!co_await write(link, piece)) {
      co_return false;
    }
  }
  co_return true;
}

/// Packets that nothing holds up go together: a call each would cost more than all else.
asio::awaitable<bool> Device::send_gathered(Link& link) {
  const auto bytes = std::exchange(gathered_, {});
  const bool sent = co_await write(link, bytes);
  co_return sent;
}

asio::awaitable<bool> Device::write(Link& link, Bytes bytes) {
  const bool written = co_await link.write(bytes, clock_.now() + server_patience);
  if (!written) {
    const auto why =
        link.error() != asio::error::timed_out
            ? link.error().message()
            : fmt::format("the server has taken nothing for {}", format_duration(server_patience));
    tell("disconnected", {{"error", why}}, "connection lost: " + why);
  }
  co_return written;
}

/// The camera has lost the file, and recorded another one of the same kind and size.
void Device::replace(std::size_t index) {
  auto& file = files_[index];
  auto& label = labels_[index];
  label.damaged.clear();
  label.replacement = other_content(file.content, line_.replaced(label.number));
  std::set<FileRef> taken;
  for (const auto& each : files_) {
    taken.insert(each.file);
  }
  const auto& old = label.offer;
  label.offer = Offer::of(*old.recording, *old.family, old.finalised + std::chrono::seconds(1),
                          options_, taken);
  file = {label.offer.file, label.replacement, metadata_of(label.offer, options_)};
  auto fields = fields_of(index);
  fields["sha256"] = sha256(file.content);
  tell("replaced", fields,
       fmt::format("{} replaced by another file of the same size", name_of(index)));
}

/// Of a file, for people.
std::string Device::name_of(std::size_t index) const {
  const auto& [recording, family, file, finalised] = labels_[index].offer;
  return file.kind() ? recording->name : fmt::format("{} as {}", recording->name, file.label());
}

/// Of a file, for JSON.
Json Device::fields_of(std::size_t index) const {
  const auto& file = files_[index].file;
  auto fields = Json::object();
  if (file.kind()) {
    fields["kind"] = file.text();
  } else {
    fields["camera"] = dualcam::name_of(labels_[index].offer.family->camera);
    fields["device_path"] = file.label();
  }
  fields["bytes"] = files_[index].content.size();
  return fields;
}

asio::awaitable<void> Device::pause(std::chrono::steady_clock::duration duration) {
  if (duration.count() > 0) {
    timer_.expires_after(duration);
    co_await timer_.async_wait(as_values);
  }
}

void Device::forget_taken(const std::vector<std::size_t>& taken) {
  for (const auto index : taken) {
    tell("file-taken", fields_of(index),
         fmt::format("{} taken ({})", name_of(index), format_size(files_[index].content.size())));
  }
  for (auto i = files_.size(); i-- > 0;) {
    if (std::ranges::find(taken, i) != taken.end()) {
      files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(i));
      labels_.erase(labels_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

void Device::tell(const std::string& name, const Json& fields, const std::string& text) {
  auto all = Json::object();
  all["imei"] = format_imei(config_.imei);
  all.update(fields);
  events_(name, std::move(all), text);
}

} // namespace dualcam::sim

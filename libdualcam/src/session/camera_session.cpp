#include "dualcam/session/camera_session.hpp"

#include <algorithm>

#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

// What real devices set besides the offered files: an unknown bit and the packet size [seen].
constexpr std::uint32_t settings_always = 0x4000'0400;

} // namespace

std::uint32_t CameraFile::packets() const {
  return static_cast<std::uint32_t>((content.size() + full_packet - 1) / full_packet);
}

CameraSession::CameraSession(const CameraConfig& config, std::span<const CameraFile> files)
    : config_(config), files_(files), sent_(files.size()), taken_(files.size()) {
  send_init();
}

void CameraSession::received(Bytes bytes) { framer_.feed(bytes); }

std::optional<CameraAction> CameraSession::poll() {
  while (actions_.empty() && !ended_) {
    const auto frame = framer_.next();
    if (!frame) {
      refuse(status_invalid_query, frame.error().message);
    } else if (*frame) {
      on_frame(**frame);
    } else if (transfer_ && transfer_->next != 0) {
      send_packet();
    } else {
      break;
    }
  }
  if (actions_.empty()) {
    return std::nullopt;
  }
  auto action = std::move(actions_.front());
  actions_.pop_front();
  return action;
}

void CameraSession::on_frame(const Framer::Frame& frame) {
  const auto message = decode(Sender::server, frame.id, frame.payload);
  if (!message) {
    return refuse(status_invalid_query, message.error().message);
  }
  actions_.emplace_back(CameraAsked{describe(*message)});
  on_message(*message);
}

void CameraSession::on_message(const Message& message) {
  if (const auto* request = as<MetadataRequest>(message)) {
    return on_metadata_request(*request);
  }
  if (const auto* request = as<FileRequest>(message)) {
    return on_file_request(*request);
  }
  if (const auto* resume = as<Resume>(message)) {
    return on_resume(*resume);
  }
  if (as<RepeatInit>(message) != nullptr) {
    take_sent_files();
    return send_init();
  }
  const auto* status = as<Status>(message);
  if (status != nullptr && status->code != 0) {
    return end(true, "the server reports a failure: " + describe(message));
  }
  if (status != nullptr || as<Close>(message) != nullptr) {
    take_sent_files();
    return end(true, "the server took its leave: " + describe(message));
  }
  refuse(status_invalid_query, "unexpected " + describe(message));
}

void CameraSession::on_metadata_request(const MetadataRequest& request) {
  const auto file = first_of(file_kind_identified(as_bytes(request.file)));
  if (!file) {
    return refuse(status_not_available, "metadata of a file that is not there");
  }
  if (!files_[*file].metadata.empty()) {
    send(MetadataResponse{files_[*file].metadata});
  }
}

void CameraSession::on_file_request(const FileRequest& request) {
  const auto file = first_of(file_kind_identified(as_bytes(request.file)));
  if (!file) {
    return refuse(status_not_available, "a file that is not there");
  }
  transfer_ = Transfer{.file = *file, .asked = {}};
  send(Start{files_[*file].packets()});
}

void CameraSession::on_resume(const Resume& resume) {
  const auto packet = std::max(resume.packet, std::uint32_t{1});
  if (!transfer_ || packet > files_[transfer_->file].packets()) {
    return refuse(status_invalid_resume, "nothing to resume at packet " + std::to_string(packet));
  }
  sent_[transfer_->file] = false;
  const auto before = files_[transfer_->file].content.first(std::size_t{packet - 1} * full_packet);
  transfer_->next = packet;
  ++transfer_->asked[packet];
  transfer_->crc = config_.crc_after_sync == CrcAfterSync::chain ? crc16(before) : 0;
  send(Sync{packet == 1 ? config_.first_sync : packet});
}

void CameraSession::send_packet() {
  const auto packet = transfer_->next;
  const auto rest = files_[transfer_->file].content.subspan(std::size_t{packet - 1} * full_packet);
  const auto payload = rest.first(std::min(rest.size(), full_packet));
  transfer_->crc = crc16(payload, transfer_->crc);
  const auto asked = transfer_->asked.find(packet);
  actions_.emplace_back(CameraSend{encode(Data{payload, transfer_->crc}), packet, transfer_->file,
                                   asked != transfer_->asked.end() ? asked->second : 0});
  const bool is_last = packet == files_[transfer_->file].packets();
  transfer_->next = is_last ? 0 : packet + 1;
  if (is_last) {
    sent_[transfer_->file] = true;
  }
}

void CameraSession::send_init() {
  std::uint32_t settings = settings_always;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (!taken_[i]) {
      settings |= static_cast<std::uint32_t>(files_[i].kind) << 24;
    }
  }
  send(Init{config_.protocol, config_.imei, settings});
}

/// The server goes on to something else, so it has what was sent whole.
void CameraSession::take_sent_files() {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (sent_[i] && !taken_[i]) {
      taken_[i] = true;
      actions_.emplace_back(CameraFileTaken{i});
    }
  }
  transfer_.reset();
}

void CameraSession::refuse(std::uint32_t status, std::string why) {
  send(Status{status});
  end(false, std::move(why));
}

void CameraSession::end(bool by_server, std::string text) {
  ended_ = true;
  actions_.emplace_back(CameraEnded{by_server, std::move(text)});
}

void CameraSession::send(const Message& message) {
  actions_.emplace_back(CameraSend{.bytes = encode(message)});
}

/// The first file of a kind that the server has not taken.
std::optional<std::size_t> CameraSession::first_of(std::optional<FileKind> kind) const {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (files_[i].kind == kind && !taken_[i]) {
      return i;
    }
  }
  return std::nullopt;
}
} // namespace dualcam

#include "dualcam/session/camera_session.hpp"

#include <algorithm>
#include <utility>

#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

// What real devices set besides the offered files: an unknown bit and the packet size [seen].
constexpr std::uint32_t settings_always = 0x4000'0400;
constexpr std::uint32_t settings_path = 0x0200'0000;

} // namespace

std::uint32_t CameraFile::packets(std::size_t size) const {
  return static_cast<std::uint32_t>((content.size() + size - 1) / size);
}

CameraSession::CameraSession(const CameraConfig& config, std::span<const CameraFile> files)
    : config_(config), files_(files), sent_(files.size()), taken_(files.size()) {
  send_init();
}

void CameraSession::received(Bytes bytes) {
  if (!ended_) {
    framer_.feed(bytes);
  }
}

std::optional<CameraAction> CameraSession::poll() {
  while (actions_.empty() && !ended_) {
    const auto frame = framer_.next();
    if (!frame) {
      refuse(status_invalid_query, frame.error().message);
    } else if (*frame) {
      on_frame(**frame);
    } else if (transfer_ && transfer_->next) {
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
  if (as<PathRequest>(message) != nullptr) {
    return on_path_request();
  }
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
    path_ += std::exchange(path_told_, false) ? 1 : 0;
    return send_init();
  }
  const auto* status = as<Status>(message);
  if (status != nullptr && status->code != 0) {
    return end(true, "the server reports a failure: " + describe(message));
  }
  if (status != nullptr || as<Close>(message) != nullptr) {
    take_sent_files(status != nullptr);
    return end(true, "the server took its leave: " + describe(message));
  }
  refuse(status_invalid_query, "unexpected " + describe(message));
}

void CameraSession::on_path_request() {
  const auto file = first_of(std::nullopt, path_);
  if (!file) {
    return refuse(status_invalid_query, "a path where there is none");
  }
  path_ = *file;
  path_told_ = true;
  send(Path{files_[*file].file.request()});
}

void CameraSession::on_metadata_request(const MetadataRequest& request) {
  const auto file = first_meant(request.file);
  if (!file) {
    return refuse(status_not_available, "metadata of a file that is not there");
  }
  if (!means(request.file, files_[*file].file)) {
    return send(Status{status_not_available});
  }
  if (!files_[*file].metadata.empty()) {
    send(MetadataResponse{files_[*file].metadata});
  }
}

void CameraSession::on_file_request(const FileRequest& request) {
  const auto file = first_meant(request.file);
  if (!file) {
    return refuse(status_not_available, "a file that is not there");
  }
  const auto& [ref, content, metadata] = files_[*file];
  if (!means(request.file, ref)) {
    return send(Status{status_not_available});
  }
  transfer_ = Transfer{.file = *file, .asked = {}};
  send(Start{ref.kind() || config_.start_in_packets ? files_[*file].packets(packet_size(ref))
                                                    : static_cast<std::uint32_t>(content.size())});
}

void CameraSession::on_resume(const Resume& resume) {
  const auto* file = transfer_ ? &files_[transfer_->file] : nullptr;
  const bool by_kind = file != nullptr && file->file.kind();
  const std::size_t number = by_kind ? std::max(resume.packet, std::uint32_t{1}) : resume.packet;
  const auto offset = by_kind ? (number - 1) * full_packet : number;
  if (file != nullptr && offset == file->content.size()) { // it has had it all, and may know by now
    return send(Status{status_invalid_resume});
  }
  if (file == nullptr || offset > file->content.size()) {
    return refuse(status_invalid_resume, "nothing to resume at packet " + std::to_string(number));
  }
  const auto back = offset - std::min(offset, config_.sync_back * packet_size(file->file));
  for (auto again = number_of(file->file, back); again <= number_of(file->file, offset); ++again) {
    ++transfer_->asked[again];
  }
  synchronise(back);
}

void CameraSession::synchronise(std::size_t offset) {
  const auto& [file, content, metadata] = files_[transfer_->file];
  sent_[transfer_->file] = false;
  transfer_->next = offset;
  transfer_->crc = config_.crc_after_sync == CrcAfterSync::chain ? crc16(content.first(offset)) : 0;
  send(Sync{!file.kind()  ? static_cast<std::uint32_t>(offset)
            : offset == 0 ? config_.first_sync
                          : number_of(file, offset)});
}

void CameraSession::send_packet() {
  const auto offset = *transfer_->next;
  const auto& [file, content, metadata] = files_[transfer_->file];
  const auto rest = content.subspan(offset);
  const auto payload = rest.first(std::min(rest.size(), packet_size(file)));
  transfer_->crc = crc16(payload, transfer_->crc);
  const auto number = number_of(file, offset);
  const auto asked = transfer_->asked.find(number);
  const bool enhanced = !file.kind() && config_.enhanced;
  const auto bytes =
      enhanced ? encode(EnhancedData{static_cast<std::uint32_t>(offset), payload, transfer_->crc})
               : encode(Data{payload, transfer_->crc});
  actions_.emplace_back(CameraSend{bytes, number, transfer_->file,
                                   asked != transfer_->asked.end() ? asked->second : 0});
  transfer_->next = offset + payload.size();
  if (payload.size() < rest.size()) {
    return;
  }
  transfer_->next.reset();
  sent_[transfer_->file] = true;
  if (config_.end_status) {
    send(Status{*config_.end_status});
  }
}

void CameraSession::send_init() {
  std::uint32_t settings = settings_always;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (!taken_[i]) {
      const auto kinds = files_[i].file.kinds();
      settings |= kinds.empty() ? settings_path : std::uint32_t{kinds.bits()} << 24;
    }
  }
  send(Init{config_.protocol, config_.imei, settings});
}

/// The server goes on to something else, so it has what was sent whole.
void CameraSession::take_sent_files(bool certainly) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (sent_[i] && !taken_[i]) {
      taken_[i] = true;
      actions_.emplace_back(CameraFileTaken{i, certainly});
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

std::size_t CameraSession::packet_size(const FileRef& file) const {
  return file.kind() ? full_packet : config_.packet_size;
}

/// Of the packet that has this byte.
std::uint32_t CameraSession::number_of(const FileRef& file, std::size_t offset) const {
  return static_cast<std::uint32_t>(offset / packet_size(file) + 1);
}

/// The first file that the server has not taken and may mean: by path there is one at a time.
std::optional<std::size_t> CameraSession::first_meant(std::string_view request) const {
  const auto kind = file_kind_identified(as_bytes(request));
  return first_of(kind, kind ? 0 : path_);
}

/// From this one on, and then from the first on.
std::optional<std::size_t> CameraSession::first_of(std::optional<FileKind> kind,
                                                   std::size_t from) const {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const auto file = (from + i) % files_.size();
    if (files_[file].file.kind() == kind && !taken_[file]) {
      return file;
    }
  }
  return std::nullopt;
}

/// Whether the request, if it is by path, has the form that the device understands. METADATA
/// REQUEST of ADAS and DSM is empty.
bool CameraSession::means(std::string_view request, const FileRef& file) const {
  const bool whole = request == file.request() && config_.path_form != PathForm::first7;
  const bool first7 = request == file.short_request() && config_.path_form != PathForm::whole;
  return file.kind() || (request.empty() && file.metadata_request().empty()) || whole || first7;
}

} // namespace dualcam

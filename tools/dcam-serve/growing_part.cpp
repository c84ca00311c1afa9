#include "dcam-serve/growing_part.hpp"

#include <utility>

namespace dualcam::serve {
namespace {

// So much of one part is not left undurable longer than it takes.
constexpr std::uint64_t much = 786'432;

} // namespace

Block::Block(std::span<const Bytes> payloads) {
  std::size_t size = 0;
  for (const auto payload : payloads) {
    size += payload.size();
  }
  sizes_.reserve(payloads.size());
  bytes_.reserve(size);
  for (const auto payload : payloads) {
    sizes_.push_back(static_cast<std::uint32_t>(payload.size()));
    dualcam::append(bytes_, payload);
  }
}

std::vector<Bytes> Block::payloads() const {
  std::vector<Bytes> payloads;
  payloads.reserve(sizes_.size());
  for (Bytes rest = bytes_; const auto size : sizes_) {
    payloads.push_back(rest.first(size));
    rest = rest.subspan(size);
  }
  return payloads;
}

// --- growth ---

Result<void> GrowingPart::state() const {
  return error_ ? Result<void>(std::unexpected(*error_)) : Result<void>();
}

void GrowingPart::append(const Block& block, Tail tail) {
  if (error_) {
    return;
  }
  if (file_->data().bytes == 0) {
    digest_.emplace();
  }
  if (const auto appended = file_->append(block.payloads(), tail); !appended) {
    return fail(appended.error(), false);
  }
  if (digest_) {
    digest_->add(block.bytes());
  }
  grew_(shared_from_this(), file_->data().bytes - prepared_ >= much);
}

std::filesystem::path GrowingPart::kept_as() const {
  if (!file_) {
    return kept_before_;
  }
  return file_->check_named() ? file_->path() : std::filesystem::path();
}

Result<void> GrowingPart::read_back() {
  if (error_) {
    return state();
  }
  if (digest_) {
    return file_->read_back();
  }
  Sha256 digest;
  auto read = file_->read_back([&](Bytes bytes) { digest.add(bytes); });
  if (read) {
    digest_ = std::move(digest);
  }
  return read;
}

Result<Job::Step> GrowingPart::prepare(Barrier& barrier) {
  if (error_ || handed_over_ || file_->unsaved() == 0) {
    return Step::done;
  }
  prepared_ = file_->data().bytes;
  if (const auto claims = claims_()) {
    file_->share(claims);
  }
  file_->make_room();
  const auto prepared = file_->prepare(barrier);
  return prepared ? Result<Step>(Step::wait) : std::unexpected(prepared.error());
}

Result<Job::Step> GrowingPart::publish(Barrier& barrier) {
  if (broken_ || handed_over_) {
    return Step::done;
  }
  file_->publish(barrier);
  return Step::wait;
}

Result<void> GrowingPart::tell() {
  if (broken_) { // by another job, behind the same barrier
    return std::unexpected(*error_);
  }
  file_->confirm();
  return room_.check(file_->data());
}

void GrowingPart::fail(const Error& error, bool barrier) {
  if (!error_) {
    error_ = error;
    failed_();
  }
  if (barrier && !std::exchange(broken_, true)) {
    data_before_ = data();
    kept_before_ = kept_as();
    file_.reset();
  }
}

// --- a lost link ---

Result<Job::Step> Leaving::begin(Barrier& barrier) {
  if (const auto left = file().leave(); !left) {
    return std::unexpected(left.error());
  }
  if (file().unsaved() > 0) {
    const auto prepared = file().prepare(barrier);
    return prepared ? Result<Step>(Step::wait) : std::unexpected(prepared.error());
  }
  auto prepared = file().prepare_compared(packet_, offset_, barrier);
  if (prepared && !*prepared) {
    prepared = file().prepare_last(barrier);
  }
  return prepared ? Result<Step>(*prepared ? Step::wait : Step::done)
                  : std::unexpected(prepared.error());
}

Result<void> Leaving::tell() {
  file().confirm();
  return {};
}

// --- another file is offered ---

Result<Job::Step> SettingAside::begin(Barrier& barrier) {
  const auto prepared = file().prepare_aside(barrier);
  return prepared ? Result<Step>(Step::wait) : std::unexpected(prepared.error());
}

Result<void> SettingAside::tell() {
  result = file().confirm_aside();
  return result ? Result<void>() : std::unexpected(result.error());
}

// --- the whole file ---

Result<Job::Step> Naming::begin(Barrier& barrier) {
  const auto state = part().state();
  const auto how = state ? how_(barrier) : std::unexpected(state.error());
  const auto prepared = how ? file().prepare_finish(*how, barrier) : std::unexpected(how.error());
  if (!prepared) {
    return std::unexpected(prepared.error());
  }
  has_begun_ = true;
  if (!*prepared) {
    file().discard();
  }
  return *prepared ? Step::wait : Step::done;
}

Result<Job::Step> Naming::go_on(Barrier& barrier) {
  auto named = file().publish_finish(barrier);
  if (!named) {
    return std::unexpected(named.error());
  }
  const bool is_named = named->has_value();
  result = std::move(*named);
  return is_named ? Step::wait : Step::again;
}

Result<void> Naming::tell() { return file().confirm_finish(); }

} // namespace dualcam::serve

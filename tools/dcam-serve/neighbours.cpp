#include "dcam-serve/neighbours.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/escape.hpp"

namespace dualcam::serve {
namespace {

constexpr std::chrono::seconds wish_interval{1};

} // namespace

Neighbours::Neighbours(CameraLocks locks, Disk& disk, Clock& clock, Console& console)
    : locks_(std::make_shared<CameraLocks>(std::move(locks))), disk_(disk), clock_(clock),
      console_(console), timer_(disk.loop()) {}

asio::awaitable<bool> Neighbours::Reservation::take() {
  const auto look = [&locks = *locks_, imei = imei_] {
    if (locks.is_new()) {
      return Result<Taken>(Taken::without_lock);
    }
    const auto taken = locks.take(imei);
    return !taken ? Result<Taken>(std::unexpected(taken.error()))
                  : Result<Taken>(*taken ? Taken::yes : Taken::no);
  };
  const auto taken = co_await disk_.run(look);
  const auto result = neighbours_.judge(taken);
  is_locked_ = result == Taken::yes;
  co_return result != Taken::no;
}

void Neighbours::Reservation::lock() {
  is_locked_ = true;
  disk_.post([locks = locks_, imei = imei_] { (void)locks->take(imei); });
}

/// A server that is alone needs no locks: where there can be none cameras are served all the same.
Neighbours::Taken Neighbours::judge(const Result<Taken>& taken) {
  if (!taken && !std::exchange(failing_, true)) {
    console_.warning(
        fmt::format("{}; no other server may share this folder", escaped(taken.error().message)));
  }
  return taken.value_or(Taken::yes);
}

Neighbours::Reservation::~Reservation() {
  disk_.post([locks = std::move(locks_), imei = imei_] { locks->release(imei); });
}

asio::awaitable<void> Neighbours::run(std::function<std::vector<std::uint64_t>()> silent,
                                      std::function<void(std::uint64_t)> give_way) {
  while (!stopping_) {
    co_await clock_.wait(timer_, clock_.now() + wish_interval);
    auto cameras = silent();
    if (stopping_ || cameras.empty()) {
      continue;
    }
    const auto wanted = co_await disk_.run([&locks = *locks_, &cameras] {
      std::erase_if(cameras, [&](auto imei) { return !locks.is_wanted(imei).value_or(false); });
      return cameras;
    });
    for (const auto imei : wanted) {
      give_way(imei);
    }
  }
}

void Neighbours::stop() {
  stopping_ = true;
  timer_.cancel();
}

} // namespace dualcam::serve

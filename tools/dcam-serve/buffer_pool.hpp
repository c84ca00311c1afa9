// Receive buffers: small at first, and bounded in their sum.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace dualcam::serve {

inline constexpr std::size_t least_buffer = 4096;
inline constexpr std::size_t most_buffer = 262'144;

class BufferPool {
public:
  class Buffer {
  public:
    Buffer() = default;
    std::span<std::byte> bytes() const { return {data_.get(), size_}; }
    explicit operator bool() const { return data_ != nullptr; }

  private:
    friend class BufferPool;
    Buffer(std::unique_ptr<std::byte[]> data, std::size_t size)
        : data_(std::move(data)), size_(size) {}

    std::unique_ptr<std::byte[]> data_;
    std::size_t size_ = 0;
  };

  /// All buffers that are out, and larger than the least one, have at most `limit` bytes together.
  explicit BufferPool(std::size_t limit = std::size_t{64} << 20) : limit_(limit) {}

  /// Of `wanted` bytes; of `least_buffer` where the sum or the machine does not allow more. Nothing
  /// in it is set.
  Buffer take(std::size_t wanted);
  /// Of one that was taken here; it is empty then.
  void give_back(Buffer& buffer);

  /// Bytes in the larger buffers that are out.
  std::size_t lent() const { return lent_; }

private:
  std::size_t limit_;
  std::size_t lent_ = 0;
  std::vector<Buffer> spare_; ///< a few of the largest
};

/// How much the next read of one connection may bring: more after a buffer that came back full,
/// less after one that was nearly empty.
class ReadSize {
public:
  std::size_t value() const { return value_; }
  void read(std::size_t count);

private:
  std::size_t value_ = least_buffer;
};

} // namespace dualcam::serve

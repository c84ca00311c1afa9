#include "dualcam/wire/framer.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace dualcam {
namespace {

constexpr std::size_t header_size = data_header; // of every command with a length
constexpr std::uint32_t highest_device_status = 26;
static_assert(sync_size == status_size && sync_size < start_size); // one window for all

/// Id and length.
consteval std::uint32_t header_of(CommandId id) {
  return (std::uint32_t{static_cast<std::uint16_t>(id)} << 16) |
         static_cast<std::uint32_t>(least_wire_size(id) - header_size);
}

} // namespace

void Framer::feed(Bytes bytes) {
  if (!input_.empty()) {
    throw std::logic_error("Framer: fed before what came earlier was used up");
  }
  lent_.clear();
  if (kept().empty()) {
    kept_ = ByteBuffer(); // its memory, too: most connections wait
  } else if (kept_begin_ > 0) {
    kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(kept_begin_));
  }
  kept_begin_ = 0;
  kept_is_lent_ = false;
  input_ = bytes;
}

Framer::Framer(Sender sender) : sender_(sender) {
  std::ranges::transform(commands, most_.begin(), [](const Command& command) {
    return static_cast<std::uint16_t>(command.most);
  });
}

void Framer::limit(CommandId id, std::size_t most) {
  for (std::size_t row = 0; row < commands.size(); ++row) {
    if (commands[row].id == id) {
      most_[row] = static_cast<std::uint16_t>(std::min(most, commands[row].most));
    }
  }
}

std::size_t Framer::memory() const {
  auto sum = kept_.capacity();
  for (const auto& buffer : lent_) {
    sum += buffer.capacity();
  }
  return sum;
}

/// The next `count` bytes in one piece, not consumed; nullopt when there are fewer.
std::optional<Bytes> Framer::peek(std::size_t count) {
  if (kept().empty()) {
    return input_.size() < count ? std::nullopt : std::optional(input_.first(count));
  }
  if (kept().size() < count) {
    keep(std::min(count - kept().size(), input_.size()));
  }
  return kept().size() < count ? std::nullopt : std::optional(kept().first(count));
}

/// Copies fed bytes behind those that are kept. Payloads that were handed out stay where they are.
void Framer::keep(std::size_t count) {
  if (kept_is_lent_) {
    const auto rest = kept();
    lent_.push_back(std::exchange(kept_, ByteBuffer(rest.begin(), rest.end())));
    kept_begin_ = 0;
    kept_is_lent_ = false;
  }
  append(kept_, input_.first(count));
  input_ = input_.subspan(count);
}

/// Bytes that `peek` gave in one piece.
void Framer::consume(std::size_t count) {
  offset_ += count;
  if (kept().empty()) {
    input_ = input_.subspan(count);
  } else {
    kept_begin_ += count;
  }
}

Bytes Framer::ahead(std::size_t count) {
  const auto available = kept().size() + input_.size();
  if (available < count) {
    keep(input_.size());
  }
  return *peek(std::min(count, available));
}

/// A server that follows the page's general structure sends REPEAT INIT with a length of 0. Read as
/// two bytes, these zeros look like the start of a CLOSE, whose own length is 0 and no other.
bool Framer::skip_length_of_repeat_init() {
  if (!after_repeat_init_) {
    return false;
  }
  const auto header = peek(header_size);
  if (!header || load_be<std::uint16_t>(*header) != 0 ||
      load_be<std::uint16_t>(header->subspan(2)) == 0) {
    return false;
  }
  consume(2);
  return true;
}

Result<std::optional<Framer::Frame>> Framer::next() {
  if (searching_) {
    return search();
  }
  const auto short_of_bytes = [&] {
    keep(input_.size());
    return std::nullopt;
  };
  if (skip_length_of_repeat_init()) {
    after_repeat_init_ = false;
  }
  const auto id_bytes = peek(2);
  if (!id_bytes) {
    return short_of_bytes();
  }
  const auto id = load_be<std::uint16_t>(*id_bytes);
  const auto* command = find_command(sender_, id);
  if (command == nullptr) {
    return std::unexpected(
        Error{ErrorCategory::unsupported, offset_, "there is no command " + std::to_string(id)});
  }
  const auto header = command->header_size();
  auto length = command->least;
  if (command->length == Length::told) {
    const auto header_bytes = peek(header);
    if (!header_bytes) {
      return short_of_bytes();
    }
    length = load_be<std::uint16_t>(header_bytes->subspan(2));
    const std::size_t most = most_[static_cast<std::size_t>(command - commands.data())];
    if (length < command->least || length > most) {
      return std::unexpected(Error{ErrorCategory::malformed, offset_,
                                   "command " + std::to_string(id) + " announces " +
                                       std::to_string(length) + " bytes, expected " +
                                       std::to_string(command->least) + " to " +
                                       std::to_string(most)});
    }
  }
  const auto whole = peek(header + length);
  if (!whole) {
    return short_of_bytes();
  }
  const Frame frame{id, whole->subspan(header), offset_};
  kept_is_lent_ = kept_is_lent_ || !kept().empty();
  consume(whole->size());
  after_repeat_init_ = command->id == CommandId::repeat_init;
  return frame;
}

void Framer::drop_until_sync(std::uint32_t highest, bool or_start) {
  searching_ = true;
  or_start_ = or_start;
  highest_ = highest;
  window_fill_ = 0;
}

std::optional<Framer::Frame> Framer::search() {
  for (auto bytes = kept().empty() ? input_ : kept(); !bytes.empty(); bytes = input_) {
    std::size_t count = 0;
    std::optional<std::size_t> found;
    while (!found && count < bytes.size()) {
      found = push_to_window(bytes[count++]);
    }
    consume(count);
    if (found) {
      searching_ = false;
      const auto command = Bytes(window_).last(*found);
      return Frame{load_be<std::uint16_t>(command), command.subspan(header_size), offset_ - *found};
    }
  }
  return std::nullopt;
}

/// The size of the command to go on from, if the last bytes are one.
std::optional<std::size_t> Framer::push_to_window(std::byte byte) {
  std::ranges::rotate(window_, window_.begin() + 1);
  window_.back() = byte;
  window_fill_ = std::min(window_fill_ + 1, window_.size());
  const auto command = Bytes(window_).last(sync_size);
  const auto head = load_be<std::uint32_t>(command);
  const auto number = load_be<std::uint32_t>(command.subspan(header_size));
  if (window_fill_ >= sync_size &&
      ((head == header_of(CommandId::sync) && number <= highest_) ||
       (head == header_of(CommandId::status) && number != 0 && number <= highest_device_status))) {
    return sync_size;
  }
  const bool is_start = or_start_ && window_fill_ == start_size &&
                        load_be<std::uint32_t>(window_) == header_of(CommandId::start) &&
                        load_be<std::uint32_t>(Bytes(window_).subspan(header_size)) != 0;
  return is_start ? std::optional(start_size) : std::nullopt;
}

} // namespace dualcam

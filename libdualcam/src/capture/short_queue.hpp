// First in, first out, for a few things at a time.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace dualcam {

/// std::deque takes some 600 bytes before anything is in it, which counts where thousands of
/// connections have two each. Room is used again only once the queue has been empty.
template <class Item> class ShortQueue {
public:
  template <class... Arguments> void emplace_back(Arguments&&... arguments) {
    items_.emplace_back(std::forward<Arguments>(arguments)...);
  }
  bool empty() const { return items_.empty(); }
  /// The oldest one; there must be one.
  const Item& front() const { return items_[taken_]; }
  /// The same, taken out.
  Item pop() {
    Item item = std::move(items_[taken_]);
    if (++taken_ == items_.size()) {
      items_.clear();
      taken_ = 0;
    }
    return item;
  }

private:
  std::vector<Item> items_;
  std::size_t taken_ = 0; ///< of them, from the front
};

} // namespace dualcam

// `<Buffer 00 04 ... 12 more bytes>`, as Node prints bytes.
#pragma once

#include "common/hex_tokens.hpp"

namespace dualcam::inline tools {

class BufferTokens : public HexTokens {
public:
  using HexTokens::HexTokens;

private:
  void take(char c) override;
  void end() override;
  void end_word();
  void end_cut_buffer();

  std::string word_;
  char before_ = 0;         ///< the character before it
  bool inside_ = false;     ///< a buffer
  std::uint64_t begun_ = 0; ///< its first line
  std::string problem_;     ///< of a word on the line, unless another buffer begins behind it
  bool is_cut_ = false;     ///< it has ended in `...`: a count follows
};

} // namespace dualcam::inline tools
